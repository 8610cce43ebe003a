import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackTarGz } from '../../formats/unpack.js';
import type { LocalFile } from '../fetch.js';
import { withLock } from '../lock.js';
import type { DatasetContext } from '../types.js';
import { FolderTree } from './folder-tree.js';
import type { FileTree } from './tree.js';

/**
 * The first of `places` that exists in the user's data folder or in its folder of the data set's name.
 * @param places paths below these folders, the preferred one first
 */
export function findInDataDir(
  { dataDir }: DatasetContext,
  name: string,
  places: readonly string[],
): string | undefined {
  if (dataDir === undefined) return undefined;
  const candidates = [dataDir, join(dataDir, name)].flatMap((root) =>
    places.map((place) => join(root, place)),
  );
  return candidates.find((path) => existsSync(path));
}

/** A fetched archive as a tree: zip and tar are read in place, .tar.gz is unpacked into the cache, once. */
export async function openArchive(file: LocalFile, cacheDir: string): Promise<FileTree> {
  if (!/\.(tar\.gz|tgz)$/.test(file.name)) {
    // Archive libraries load when they are needed: every command knows this file.
    const { ArchiveTree } = await import('./archive-tree.js');
    return ArchiveTree.open(file.path, cacheDir);
  }
  return new FolderTree(await unpackOnce(file, cacheDir), cacheDir);
}

/** The folder with what `file` (.tar.gz) holds; half-unpacked archives are never seen there. */
async function unpackOnce({ name, path, sha256 }: LocalFile, cacheDir: string): Promise<string> {
  const folder = join(cacheDir, 'unpacked', `${name}-${sha256.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  await mkdir(join(cacheDir, 'unpacked'), { recursive: true });
  return withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    const partial = `${folder}.part`;
    await rm(partial, { recursive: true, force: true });
    process.stderr.write(`unpacking ${path} into ${folder}, once\n`);
    await unpackTarGz(path, partial);
    await rename(partial, folder);
    return folder;
  });
}
