/** NumPy arrays inside pickles: `ndarray.__reduce__` names `_reconstruct` and `dtype`, then sets their state. */
import { type DType, decode, elementCount, type TensorData } from './dtype.js';
import { PickleError, PickleGlobal, PickleObject, type PickleValue } from './pickle.js';

/** A NumPy array in row-major order. */
export class NumpyArray extends PickleObject {
  shape: number[] = [];
  data: TensorData = new Uint8Array(0);

  /** State: (version, shape, dtype, is Fortran order, bytes). */
  override setState(state: PickleValue): void {
    const [, shape, dtype, fortran, bytes] = Array.isArray(state) ? state : [];
    if (!isShape(shape) || !(dtype instanceof NumpyDType))
      throw new PickleError('an array has no valid state');
    if (fortran === true && shape.length > 1)
      throw new PickleError('arrays in Fortran order are not supported');
    this.shape = shape;
    this.data = decode(bytesOf(bytes), dtype.dtype());
    if (this.data.length !== elementCount(shape)) {
      throw new PickleError(`an array of shape [${shape}] holds ${this.data.length} elements`);
    }
  }
}

class NumpyDType extends PickleObject {
  #bigEndian = false;

  constructor(readonly code: string) {
    super();
  }

  /** State: (version, byte order, …). */
  override setState(state: PickleValue): void {
    this.#bigEndian = Array.isArray(state) && state[1] === '>';
  }

  dtype(): DType {
    const dtype = dtypes[this.code];
    if (!dtype) throw new PickleError(`arrays of NumPy type '${this.code}' are not supported`);
    if (this.#bigEndian) throw new PickleError('big-endian arrays are not supported');
    return dtype;
  }
}

const dtypes: Readonly<Record<string, DType>> = {
  b1: 'BOOL',
  u1: 'U8',
  i1: 'I8',
  i2: 'I16',
  u2: 'U16',
  i4: 'I32',
  u4: 'U32',
  i8: 'I64',
  u8: 'U64',
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
};

function isShape(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && Number(length) >= 0);
}

/** The data: bytes, or a Python 2 string, or text that `_codecs.encode` turned into bytes. */
function bytesOf(value: PickleValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  throw new PickleError('an array has no bytes');
}

/** Protocol 5: (bytes, dtype, shape, order). */
const fromBuffer = ([bytes, dtype, shape, order]: PickleValue[]) => {
  const array = new NumpyArray();
  array.setState([1, shape ?? null, dtype ?? null, order === 'F', bytes ?? null]);
  return array;
};
const reconstruct = () => new NumpyArray();
const ndarray = () => {
  throw new PickleError('the pickle calls numpy.ndarray itself, which is refused');
};
const dtype = ([code]: PickleValue[]) => {
  if (typeof code !== 'string') throw new PickleError('an array has a type that is no text');
  return new NumpyDType(code);
};
/** How Python 3 writes bytes in protocol 2. */
const encode = ([text, encoding]: PickleValue[]) => {
  if (typeof text !== 'string' || encoding !== 'latin1') throw new PickleError('_codecs.encode is refused');
  return Buffer.from(text, 'latin1');
};

/** For `unpickle`: all that arrays need, nothing else. */
export const numpyGlobals: ReadonlyMap<string, PickleGlobal> = new Map(
  Object.entries({
    'numpy.core.multiarray._reconstruct': reconstruct,
    'numpy._core.multiarray._reconstruct': reconstruct,
    'numpy.core.numeric._frombuffer': fromBuffer,
    'numpy._core.numeric._frombuffer': fromBuffer,
    'numpy.ndarray': ndarray,
    'numpy.dtype': dtype,
    '_codecs.encode': encode,
  }).map(([name, call]) => [name, new PickleGlobal(name, call)]),
);
