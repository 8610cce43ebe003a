/**
 * Reader of the files that `torch.save` writes: since PyTorch 1.6 a zip archive of uncompressed records, before
 * that ("legacy") five pickles followed by the storages. Only tensors of a state dict are read, through the
 * restricted pickle reader; the file runs no code.
 */
import { dtypeBytes, type TensorEntry } from './dtype.js';
import { damaged, readRange, readWhole, withFile } from './files.js';
import { PickleError, type PickleValue, unpickle } from './pickle.js';
import { storageFromId, type TorchStorage, TorchTensor, torchGlobals } from './pickle-torch.js';
import { storedZipRanges } from './zip.js';

type ReadStorage = (storage: TorchStorage) => Promise<Uint8Array>;

/**
 * The tensors of a checkpoint by name: of the object itself where it is a state dict, else of its `state_dict`
 * or `model`. Values that are not tensors are left out.
 * @throws MissingError naming the file, where it is damaged or not a state dict
 */
export async function readPytorchCheckpoint(path: string): Promise<ReadonlyMap<string, TensorEntry>> {
  const start = await withFile(path, async (file) => {
    const { size } = await file.stat();
    return readRange(file, path, 0, Math.min(4, size));
  });
  const isZip = Buffer.from(start).toString('latin1') === 'PK\x03\x04';
  try {
    return await (isZip ? readZip(path) : readLegacy(path));
  } catch (error) {
    if (error instanceof PickleError) throw damaged(path, error.message);
    throw error;
  }
}

async function readZip(path: string): Promise<ReadonlyMap<string, TensorEntry>> {
  const ranges = await storedZipRanges(path);
  const pickleName = [...ranges.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickleName) throw damaged(path, 'is a zip archive without data.pkl, so not a PyTorch checkpoint');
  const root = pickleName.slice(0, -'data.pkl'.length);

  const readRecord = (name: string) => {
    const range = ranges.get(root + name);
    if (!range) throw damaged(path, `lacks the record ${name}`);
    return withFile(path, (file) => readRange(file, path, range.start, range.length));
  };
  if (ranges.has(`${root}byteorder`)) {
    const order = Buffer.from(await readRecord('byteorder')).toString();
    if (order !== 'little')
      throw damaged(path, `was written in ${order}-endian byte order, little is needed`);
  }
  const { value } = unpickle(await readRecord('data.pkl'), {
    globals: (name) => torchGlobals.get(name),
    persistentLoad: storageFromId,
  });
  return tensorEntries(path, value, (storage) => readRecord(`data/${storage.key}`));
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** Layout: magic number, protocol, system info, the object, the storage keys; then each storage with its length. */
async function readLegacy(path: string): Promise<ReadonlyMap<string, TensorEntry>> {
  const bytes = await readWhole(path);
  let position = 0;
  const storages = new Map<string, TorchStorage>();
  const next = (): PickleValue => {
    const { value, length } = unpickle(bytes.subarray(position), {
      globals: (name) => torchGlobals.get(name),
      persistentLoad: (id) => {
        if (Array.isArray(id) && Array.isArray(id[5]))
          throw new PickleError('views of storages are not supported');
        const storage = storageFromId(id);
        storages.set(storage.key, storage);
        return storage;
      },
    });
    position += length;
    return value;
  };
  if (next() !== LEGACY_MAGIC) throw damaged(path, 'is not a PyTorch checkpoint (wrong magic number)');
  next(); // protocol
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false) {
    throw damaged(path, 'was written in big-endian byte order, little is needed');
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw damaged(path, 'lacks its list of storages');

  const data = new Map<string, Uint8Array>();
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) throw damaged(path, 'holds a storage that nothing refers to');
    const start = position + 8;
    const end = start + storage.length * dtypeBytes[storage.dtype];
    if (end > bytes.length) throw damaged(path, `ends inside the storage ${storage.key}`);
    const length = Number(bytes.readBigInt64LE(position));
    if (length !== storage.length) {
      throw damaged(path, `storage ${storage.key} has ${length} elements, expected ${storage.length}`);
    }
    data.set(storage.key, bytes.subarray(start, end));
    position = end;
  }
  return tensorEntries(path, value, async (storage) => {
    const found = data.get(storage.key);
    if (!found) throw damaged(path, `lacks the storage ${storage.key}`);
    return found;
  });
}

function tensorEntries(path: string, root: PickleValue, readStorage: ReadStorage): Map<string, TensorEntry> {
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of stateDict(root)) {
    if (typeof name !== 'string' || !(value instanceof TorchTensor)) continue;
    const { dtype, length } = value.storage;
    const read = async () => {
      const bytes = await readStorage(value.storage);
      if (bytes.length < length * dtypeBytes[dtype]) {
        throw damaged(path, `the storage of '${name}' has ${bytes.length} bytes, too few`);
      }
      return value.elements(bytes);
    };
    entries.set(name, { dtype, shape: value.shape, read });
  }
  if (entries.size === 0) throw damaged(path, 'holds no state dict: no tensor by name');
  return entries;
}

function stateDict(root: PickleValue): Map<PickleValue, PickleValue> {
  if (!(root instanceof Map)) return new Map();
  for (const key of ['state_dict', 'model']) {
    const inner = root.get(key);
    if (inner instanceof Map) return inner;
  }
  return root;
}
