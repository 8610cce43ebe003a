/**
 * Reader of IDX files, the format of MNIST and its kin: two zero bytes, a type byte, the number of axes, their
 * lengths (big-endian 32 bit), then the elements. Files may be gzipped.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { elementCount } from './dtype.js';
import { damaged, inflateLimit } from './files.js';

const UNSIGNED_BYTE = 0x08;

export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * @param bytes content of the file, as it is on disk
 * @param path for messages
 * @throws MissingError naming the file, where it is damaged or not of unsigned bytes
 */
export async function parseIdx(bytes: Uint8Array, path: string): Promise<IdxArray> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const content = isGzip ? await decompress(bytes, path) : bytes;
  const [zero, alsoZero, type, axes] = content;
  if (zero !== 0 || alsoZero !== 0 || axes === undefined || axes === 0)
    throw damaged(path, 'is not an IDX file');
  if (type !== UNSIGNED_BYTE) {
    throw damaged(path, `holds IDX type 0x${type?.toString(16)}, expected 0x08 (unsigned bytes)`);
  }
  const headerBytes = 4 + 4 * axes;
  if (content.length < headerBytes) throw damaged(path, 'ends inside its header');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const data = content.subarray(headerBytes);
  if (data.length !== elementCount(shape)) {
    throw damaged(path, `has ${data.length} elements, its header announces [${shape}]`);
  }
  return { shape, data };
}

async function decompress(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: inflateLimit(bytes.length) });
  } catch (error) {
    throw damaged(path, `cannot be decompressed: ${(error as Error).message}`);
  }
}
