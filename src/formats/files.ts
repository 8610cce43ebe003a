import { type FileHandle, open, readFile } from 'node:fs/promises';
import { MissingError } from '../errors.js';

/** The error of every reader here: a file that is not what its format says. */
export function damaged(path: string, problem: string): MissingError {
  return new MissingError(`${path}: ${problem}. The file is damaged or of another format; fetch it again.`);
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

/** Reads exactly `length` bytes at `position` into fresh, aligned memory. */
export async function readRange(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
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
