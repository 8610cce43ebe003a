import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { damaged } from './files.js';
import { safeName } from './paths.js';
import { forEachMember } from './tar.js';

/**
 * Unpacks the regular files of a .tar.gz below `target`. Links are refused, as they could lead out of it.
 * @throws MissingError where the archive is damaged, or has a link or a name that is absolute or climbs out with '..'
 */
export async function unpackTarGz(path: string, target: string): Promise<void> {
  const made = new Set<string>();
  await forEachMember(path, async (entry, signal) => {
    const { name, type } = entry.header;
    const file = join(target, safeName(name, path));
    if (type === 'file' || type === 'contiguous-file') {
      if (!made.has(dirname(file))) await mkdir(dirname(file), { recursive: true });
      made.add(dirname(file));
      await pipeline(entry, createWriteStream(file, { flags: 'wx' }), { signal });
    } else if (type === 'symlink' || type === 'link') {
      throw damaged(path, `has a link, '${name}', which is not unpacked`);
    } else {
      entry.resume();
    }
  });
}
