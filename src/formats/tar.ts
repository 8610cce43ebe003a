/** Reading from tar archives, gzipped or not; nothing is unpacked to names from the archive. */
import { createReadStream } from 'node:fs';
import { isAbsolute } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MissingError } from '../errors.js';
import { damaged, readRange, withFile } from './files.js';

/**
 * The content of the regular files whose name `wanted` accepts, by name. The archive is read to its end, so a
 * truncated one is always noticed.
 * @throws MissingError where the archive is damaged or has a name that is absolute or climbs out with '..'
 */
export async function readTarMembers(
  path: string,
  wanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  const members = new Map<string, Buffer>();
  const decompress = (await isGzip(path)) ? createGunzip() : new PassThrough();
  const { default: tar } = await import('tar-stream'); // here: every command knows the datasets that use this file
  // archives older than the ustar format have no magic number; their checksums tell them from other files
  const extract = tar.extract({ allowUnknownFormat: true } as object); // @types lacks the option
  const unpacking = pipeline(createReadStream(path), decompress, extract);
  // The loop below fails first where the pipeline does; its own rejection must not go unhandled meanwhile.
  unpacking.catch(() => {});
  try {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      if (isAbsolute(name) || name.split('/').includes('..')) {
        throw damaged(path, `has a member with the unsafe name '${name}'`);
      }
      if (type === 'file' && wanted(name)) members.set(name, await buffer(entry));
      else entry.resume();
    }
    await unpacking;
  } catch (error) {
    if (error instanceof MissingError) throw error;
    throw damaged(path, `cannot be read as a tar archive: ${(error as Error).message}`);
  }
  return members;
}

async function isGzip(path: string): Promise<boolean> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    if (size < 2) throw damaged(path, `has only ${size} bytes`);
    const [first, second] = await readRange(file, path, 0, 2);
    return first === 0x1f && second === 0x8b;
  });
}
