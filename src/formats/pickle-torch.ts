/** PyTorch tensors inside pickles: references to storages, and the calls that make tensors of them. */
import { type DType, decode, dtypeBytes, elementCount, type TensorData } from './dtype.js';
import { PickleError, PickleGlobal, PickleObject, type PickleValue } from './pickle.js';

/** A storage: `length` elements that live outside the pickle under `key`. */
export class TorchStorage extends PickleObject {
  constructor(
    readonly key: string,
    readonly dtype: DType,
    readonly length: number,
  ) {
    super();
  }
}

/** A view of a storage. */
export class TorchTensor extends PickleObject {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }

  /** Its elements in row-major order, given its storage's bytes. */
  elements(storageBytes: Uint8Array): TensorData {
    const { dtype } = this.storage;
    const size = dtypeBytes[dtype];
    const count = elementCount(this.shape);
    if (this.#isContiguous()) {
      return decode(storageBytes.subarray(this.offset * size, (this.offset + count) * size), dtype);
    }
    const gathered = new Uint8Array(count * size);
    const index = this.shape.map(() => 0);
    let position = this.offset;
    for (let i = 0; i < count; i++) {
      gathered.set(storageBytes.subarray(position * size, (position + 1) * size), i * size);
      for (let axis = this.shape.length - 1; axis >= 0; axis--) {
        position += this.strides[axis]!;
        if (++index[axis]! < this.shape[axis]!) break;
        position -= index[axis]! * this.strides[axis]!;
        index[axis] = 0;
      }
    }
    return decode(gathered, dtype);
  }

  #isContiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return false;
      expected *= this.shape[axis]!;
    }
    return true;
  }
}

const storageTypes: Readonly<Record<string, DType>> = {
  BoolStorage: 'BOOL',
  ByteStorage: 'U8',
  CharStorage: 'I8',
  ShortStorage: 'I16',
  IntStorage: 'I32',
  LongStorage: 'I64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
};

/** The persistent id of both file formats: ('storage', type, key, device, number of elements, …). */
export function storageFromId(id: PickleValue): TorchStorage {
  const [tag, type, key, , length] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PickleGlobal ? storageTypes[type.name.replace(/^torch\./, '')] : undefined;
  if (tag !== 'storage' || !dtype || typeof key !== 'string' || !isCount(length)) {
    throw new PickleError('a reference to a storage is malformed');
  }
  return new TorchStorage(key, dtype, length);
}

function rebuildTensor([storage, offset, shape, strides]: PickleValue[]): TorchTensor {
  if (!(storage instanceof TorchStorage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new PickleError('a tensor is malformed');
  }
  if (strides.length !== shape.length) throw new PickleError('a tensor has as many strides as axes');
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  if (!shape.includes(0) && last >= storage.length) {
    throw new PickleError(
      `a tensor of shape [${shape}] reaches beyond its storage of ${storage.length} elements`,
    );
  }
  // a stride of zero would let a tensor of any size stand on one number
  if (elementCount(shape) > storage.length) {
    throw new PickleError(
      `a tensor of shape [${shape}] repeats the ${storage.length} elements of its storage`,
    );
  }
  return new TorchTensor(storage, offset, shape, strides);
}

function rebuildParameter([tensor]: PickleValue[]): TorchTensor {
  if (!(tensor instanceof TorchTensor)) throw new PickleError('a parameter is malformed');
  return tensor;
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

const callables: Record<string, (args: PickleValue[]) => PickleValue> = {
  'collections.OrderedDict': () => new Map(),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
  'torch.Size': ([shape]) => shape ?? [],
};

function refuseCall(): never {
  throw new PickleError('the pickle calls a storage type, which is refused');
}

/** For `unpickle`: all that state dicts need, nothing else. */
export const torchGlobals: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...Object.entries(callables),
    ...Object.keys(storageTypes).map((type) => [`torch.${type}`, refuseCall] as const),
  ].map(([name, call]) => [name, new PickleGlobal(name, call)]),
);
