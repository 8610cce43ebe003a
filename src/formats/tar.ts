/** Reading from tar archives, gzipped or not; nothing is unpacked to names from the archive. */
import { createReadStream } from 'node:fs';
import { isAbsolute } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Extract } from 'tar-stream';
import { MissingError } from '../errors.js';
import { systemFailure } from '../system-failure.js';
import { damaged, readRange, unpackedLimit, withFile } from './files.js';

/**
 * The content of the regular files whose name `wanted` accepts, by name. The archive is read to its end, so a
 * truncated one is always noticed.
 * @throws MissingError where the archive is damaged, has a name that is absolute or climbs out with '..', or unpacks to
 *   far more than its own size
 */
export async function readTarMembers(
  path: string,
  wanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  const { size: packed } = await withFile(path, (file) => file.stat());
  const limit = unpackedLimit(packed);
  let room = limit;
  const members = new Map<string, Buffer>();
  await forEachMember(path, async (entry) => {
    const { name, type, size = 0 } = entry.header;
    if (isAbsolute(name) || name.split('/').includes('..')) {
      throw damaged(path, `has a member with the unsafe name '${name}'`);
    }
    if (type === 'file' && wanted(name)) {
      room -= size;
      if (room < 0) throw damaged(path, `unpacks to more than ${limit} bytes`);
      members.set(name, await buffer(entry));
    } else {
      entry.resume();
    }
  });
  return members;
}

/** A member: its header and its content as a stream. */
type Member = Extract extends AsyncIterable<infer Entry> ? Entry : never;

/**
 * Calls `visit` with every member, one after the other; it must read the entry to its end or `resume()` it.
 *
 * @param visit its signal is aborted when the archive turns out to be damaged: the entry may then never end
 * @throws MissingError where the archive is damaged, and what `visit` throws
 */
export async function forEachMember(
  path: string,
  visit: (entry: Member, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const decompress = (await isGzip(path)) ? createGunzip() : new PassThrough();
  const { default: tar } = await import('tar-stream'); // here: every command knows the datasets that use this file
  // archives older than the ustar format have no magic number; their checksums tell them from other files
  const extract = tar.extract({ allowUnknownFormat: true } as object); // @types lacks the option
  const unpacking = pipeline(createReadStream(path), decompress, extract);
  const failure = new AbortController();
  const visitAll = async () => {
    for await (const entry of extract) await visit(entry, failure.signal);
  };
  try {
    // both at once: where the archive ends early, the loop may wait for ever
    await Promise.all([unpacking, visitAll()]);
  } catch (error) {
    failure.abort();
    if (error instanceof MissingError) throw error;
    throw (
      systemFailure(error) ?? damaged(path, `cannot be read as a tar archive: ${(error as Error).message}`)
    );
  }
}

async function isGzip(path: string): Promise<boolean> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    if (size < 2) throw damaged(path, `has only ${size} bytes`);
    const [first, second] = await readRange(file, path, 0, 2);
    return first === 0x1f && second === 0x8b;
  });
}
