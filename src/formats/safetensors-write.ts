/** Writer of safetensors files; `safetensors.ts` describes the format. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { dtypeBytes, elementCount } from './dtype.js';

type Elements = Float32Array | Float64Array | Int32Array | Uint8Array;

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: 'F32' | 'F64' | 'I32' | 'U8';
  readonly shape: readonly number[];
  /** The elements in row-major order, or a function that gives them when their turn comes. */
  readonly data: Elements | (() => Elements | Promise<Elements>);
}

/**
 * Writes a file atomically: under a temporary name first, synced to disk, then renamed, so that a reader
 * (or a crash) never sees half of it. Tensors are laid out by element size, then name: the same tensors
 * give the same bytes whatever their order, and every one is aligned.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = [...tensors].sort(
    (a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype] || (a.name < b.name ? -1 : 1),
  );
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w');
  try {
    try {
      await writeAll(file, encodeHeader(ordered, metadata));
      for (const tensor of ordered) await writeAll(file, await elementsOf(tensor));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

function encodeHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', metadata]);
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = offset + elementCount(shape) * dtypeBytes[dtype];
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const names = entries.map(([name]) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new Error(`two tensors are named '${repeated}'`);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Spaces after the JSON, so that the data starts at a multiple of 8 bytes.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, 8);
  return header;
}

async function elementsOf({ name, dtype, shape, data }: TensorToWrite): Promise<Uint8Array> {
  const elements = typeof data === 'function' ? await data() : data;
  const found = dtypeOf(elements);
  if (found !== dtype || elements.length !== elementCount(shape)) {
    throw new Error(`'${name}' is announced as ${dtype} [${shape}], given ${elements.length} × ${found}`);
  }
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

function dtypeOf(elements: Elements): TensorToWrite['dtype'] {
  if (elements instanceof Float32Array) return 'F32';
  if (elements instanceof Float64Array) return 'F64';
  return elements instanceof Int32Array ? 'I32' : 'U8';
}

/** `FileHandle.write` may write less than it was given. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
}

/** Makes the rename itself durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
