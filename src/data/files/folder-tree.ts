import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MissingError } from '../../errors.js';
import { readWhole } from '../../formats/files.js';
import type { ByteSource } from '../decode/bytes.js';
import { cachedArrays } from './index-cache.js';
import { PackedNames } from './names.js';
import { type ClassFiles, type FileTree, isImageName } from './tree.js';

/** A folder on the disk. The list of its images is kept in the cache until one of its folders changes. */
export class FolderTree implements FileTree {
  constructor(
    readonly path: string,
    private readonly cacheDir: string,
  ) {}

  read(name: string): Promise<Buffer> {
    return readWhole(join(this.path, name));
  }

  locate(name: string): ByteSource {
    return { path: join(this.path, name) };
  }

  async classes(folder: string): Promise<ClassFiles> {
    const root = join(this.path, folder);
    const classes = foldersIn(root);
    if (classes.length === 0) throw new MissingError(`${root}: expected a folder for each class, found none`);
    // A folder's time changes when a file is added, renamed or removed.
    const times = [root, ...classes.map((name) => join(root, name))].map((path) => [
      path,
      statSync(path).mtimeMs,
    ]);
    const key = createHash('sha256').update(JSON.stringify(times)).digest('hex');
    const { nameBytes, nameEnds, labels } = await cachedArrays(
      this.cacheDir,
      `classes in ${root}`,
      key,
      async () => listClasses(root, folder, classes),
    );
    if (labels.length === 0)
      throw new MissingError(`${root}: the folders of its ${classes.length} classes hold no images`);
    return { classes, names: new PackedNames(nameBytes, nameEnds), labels };
  }
}

function foldersIn(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(root, entry.name))))
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch (error) {
    throw new MissingError(`${root}: ${(error as Error).message}`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function listClasses(root: string, folder: string, classes: readonly string[]) {
  const counts: number[] = [];
  function* names(): Generator<string> {
    for (const name of classes) {
      const files = readdirSync(join(root, name)).filter(isImageName).sort();
      counts.push(files.length);
      for (const file of files) yield folder === '' ? `${name}/${file}` : `${folder}/${name}/${file}`;
    }
  }
  const { bytes, ends } = PackedNames.from(names());
  const labels = new Int32Array(ends.length);
  let start = 0;
  counts.forEach((count, label) => {
    labels.fill(label, start, start + count);
    start += count;
  });
  return { nameBytes: bytes, nameEnds: ends, labels };
}
