/**
 * Reader of numeric arrays in MAT-files of level 5 (MathWorks, "MAT-File Format", the version-5 part), compressed
 * elements included: what SVHN comes in. Other classes of values (cells, structures, text, sparse, complex) are refused.
 */
import { inflateSync } from 'node:zlib';
import { damaged, inflateLimit } from './files.js';

const HEADER_BYTES = 128;
const ENDIAN_LITTLE = 0x4d49;
const MI_COMPRESSED = 15;
const MI_MATRIX = 14;
const COMPLEX = 0x08;
const CLASS_DOUBLE = 6;
const CLASS_UINT64 = 15;

type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Element types by their number (`miINT8`, …) and how to view them. */
const types: Readonly<
  Record<number, { new (buffer: ArrayBuffer): Numbers; readonly BYTES_PER_ELEMENT: number }>
> = {
  1: Int8Array,
  2: Uint8Array,
  3: Int16Array,
  4: Uint16Array,
  5: Int32Array,
  6: Uint32Array,
  7: Float32Array,
  9: Float64Array,
};

export interface MatArray {
  readonly shape: readonly number[];
  /** In the file's order: the first index runs fastest. */
  readonly data: Numbers;
}

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
  /** Of the next element. */
  readonly end: number;
}

/** The arrays of a file by name. @throws MissingError that names `path` */
export function parseMat(bytes: Uint8Array, path: string): ReadonlyMap<string, MatArray> {
  if (bytes.length < HEADER_BYTES) throw damaged(path, `has ${bytes.length} bytes, too few for a MAT-file`);
  const header = viewOf(bytes);
  const version = header.getUint16(124, true);
  if (header.getUint16(126, true) !== ENDIAN_LITTLE || version !== 0x0100) {
    throw damaged(path, 'is no little-endian MAT-file of level 5');
  }
  const arrays = new Map<string, MatArray>();
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const element = readElement(bytes, at, path);
    const matrix = element.type === MI_COMPRESSED ? inflate(element.data, path) : element;
    if (matrix.type !== MI_MATRIX)
      throw damaged(path, `has an element of type ${matrix.type}, expected a matrix`);
    const [name, array] = parseMatrix(matrix.data, path);
    arrays.set(name, array);
    at = element.end;
  }
  return arrays;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A tag and its data. Small elements carry up to four bytes inside the tag itself. */
function readElement(bytes: Uint8Array, at: number, path: string): Element {
  if (at + 8 > bytes.length) throw damaged(path, `ends at byte ${bytes.length}, inside an element`);
  const view = viewOf(bytes);
  const small = view.getUint16(at + 2, true);
  if (small > 0) {
    if (small > 4) throw damaged(path, `has a small element of ${small} bytes`);
    const data = bytes.subarray(at + 4, at + 4 + small);
    return { type: view.getUint16(at, true), data, end: at + 8 };
  }
  const type = view.getUint32(at, true);
  const length = view.getUint32(at + 4, true);
  const start = at + 8;
  if (start + length > bytes.length) {
    throw damaged(
      path,
      `is truncated: an element of ${length} bytes begins at byte ${start} of ${bytes.length}`,
    );
  }
  // All but compressed elements are padded to a multiple of 8 bytes.
  const end = type === MI_COMPRESSED ? start + length : start + Math.ceil(length / 8) * 8;
  return { type, data: bytes.subarray(start, start + length), end };
}

function inflate(data: Uint8Array, path: string): Element {
  try {
    const inflated = inflateSync(data, { maxOutputLength: inflateLimit(data.length) });
    return readElement(inflated, 0, path);
  } catch (error) {
    throw damaged(path, `a compressed element cannot be read: ${(error as Error).message}`);
  }
}

/** Array flags, dimensions, name, numbers: the four parts of a numeric matrix. */
function parseMatrix(bytes: Uint8Array, path: string): [string, MatArray] {
  const flags = readElement(bytes, 0, path);
  const dimensions = readElement(bytes, flags.end, path);
  const name = readElement(bytes, dimensions.end, path);
  const label = Buffer.from(name.data).toString('latin1');
  const [classNumber = 0, flagBits = 0] = flags.data;
  if (classNumber < CLASS_DOUBLE || classNumber > CLASS_UINT64 || flagBits & COMPLEX) {
    throw damaged(path, `'${label}' is no array of real numbers (class ${classNumber})`);
  }
  const numbers = readElement(bytes, name.end, path);
  const Type = types[numbers.type];
  if (!Type) throw damaged(path, `'${label}' holds numbers of type ${numbers.type}, which is not supported`);
  if (dimensions.data.length % 4 !== 0 || numbers.data.length % Type.BYTES_PER_ELEMENT !== 0) {
    throw damaged(path, `'${label}' ends inside a number`);
  }
  const shape = Array.from(new Int32Array(aligned(dimensions.data)));
  const data = Type === Uint8Array ? plain(numbers.data) : new Type(aligned(numbers.data));
  const expected = shape.reduce((product, length) => product * length, 1);
  if (data.length !== expected) {
    throw damaged(
      path,
      `'${label}' has ${data.length} numbers, expected ${expected} for the shape [${shape}]`,
    );
  }
  return [label, { shape, data }];
}

/** The same memory, where it is a Buffer. */
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A copy at the start of its own memory, as numbers of several bytes need. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
