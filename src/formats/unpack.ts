import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MissingError } from '../errors.js';
import { damaged } from './files.js';
import { safeName } from './paths.js';

/**
 * Unpacks the regular files of a .tar.gz below `target`. Links are refused, as they could lead out of it.
 * @throws MissingError where the archive is damaged, or has a link or a name that is absolute or climbs out with '..'
 */
export async function unpackTarGz(path: string, target: string): Promise<void> {
  const { default: tar } = await import('tar-stream');
  const extract = tar.extract();
  const unpacking = pipeline(createReadStream(path), createGunzip(), extract);
  // The loop below fails first where the pipeline does; its own rejection must not go unhandled meanwhile.
  unpacking.catch(() => {});
  const made = new Set<string>();
  try {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      const file = join(target, safeName(name, path));
      if (type === 'file' || type === 'contiguous-file') {
        if (!made.has(dirname(file))) await mkdir(dirname(file), { recursive: true });
        made.add(dirname(file));
        await pipeline(entry, createWriteStream(file, { flags: 'wx' }));
      } else if (type === 'symlink' || type === 'link') {
        throw damaged(path, `has a link, '${name}', which is not unpacked`);
      } else {
        entry.resume();
      }
    }
    await unpacking;
  } catch (error) {
    if (error instanceof MissingError) throw error;
    throw damaged(path, `cannot be unpacked: ${(error as Error).message}`);
  }
}
