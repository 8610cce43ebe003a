import { constants } from 'node:buffer';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { MissingError } from '../errors.js';

/** Longest description of a problem: it may quote names and numbers of the file, which may be of any length. */
const MAX_PROBLEM = 500;

/** The error of every reader here: a file that is not what its format says. */
export function damaged(path: string, problem: string): MissingError {
  const text = problem.length > MAX_PROBLEM ? `${problem.slice(0, MAX_PROBLEM)}…` : problem;
  return new MissingError(`${path}: ${text}. The file is damaged or of another format; fetch it again.`);
}

function unreadable(path: string, error: unknown): MissingError {
  const code = (error as NodeJS.ErrnoException).code;
  const why = code === 'ENOENT' ? 'no such file' : (error as Error).message;
  return new MissingError(`${path}: ${why}`);
}

/** `readFile` whose failure names the file and exits with code 3. */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Opens a file, lends it to `use`, closes it. */
export async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

// One read call takes at most 2^31 - 1 bytes.
const MAX_READ_BYTES = 2 ** 30;

/** Data unpacks to 2 to 20 times its size; beyond this, and above a size that does no harm, something is wrong. */
const MAX_UNPACK_FACTOR = 200;
const HARMLESS_BYTES = 2 ** 26;

/** The most that `packedBytes` may unpack to: a small file must not fill the memory. */
export function unpackedLimit(packedBytes: number): number {
  return Math.max(HARMLESS_BYTES, MAX_UNPACK_FACTOR * packedBytes);
}

/** `unpackedLimit` for what zlib unpacks into one buffer, of which Node 20 allows 4 GiB. */
export function inflateLimit(packedBytes: number): number {
  return Math.min(unpackedLimit(packedBytes), constants.MAX_LENGTH);
}

/** Reads exactly `length` bytes at `position` into fresh, aligned memory. */
export async function readRange(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await file.stat();
  if (!(position + length <= size)) {
    throw damaged(path, `ends at byte ${size}, where ${length} bytes from byte ${position} on are announced`);
  }
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const want = Math.min(MAX_READ_BYTES, length - done);
    const { bytesRead } = await file.read(bytes, done, want, position + done);
    if (bytesRead === 0) {
      throw damaged(path, `ends at byte ${position + done} where ${length - done} more bytes were expected`);
    }
    done += bytesRead;
  }
  return bytes;
}
