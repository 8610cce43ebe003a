import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MissingError } from '../errors.js';
import { describeChecksum, describeDigest, matches } from './checksum.js';
import { digestOnce } from './digest-cache.js';
import type { DownloadOptions } from './download.js';
import { cachePath, fetchSource, type LocalFile } from './fetch.js';
import { type Source, type SourceFile, sourceById, sources } from './manifest.js';
import type { DatasetContext } from './types.js';

/** Where to look: the user's folder, then the cache. */
export type Places = Pick<DatasetContext, 'dataDir' | 'cacheDir'>;

/**
 * The files of a source, in the manifest's order: from the user's data folder (itself, or a folder of the
 * source's or `alias`'s name in it), else from the cache, else fetched.
 * @throws MissingError (exit 3) where a file is damaged, or neither here nor to be fetched
 */
export async function locateSource(
  id: string,
  places: Places,
  options: { alias?: string } & DownloadOptions = {},
): Promise<LocalFile[]> {
  const source = sourceById(id);
  const found = findSource(source, places, options.alias);
  if (!found) return fetchSource(source, places.cacheDir, options);
  return Promise.all(source.files.map((file, i) => checkFile(source, file, found[i]!, places)));
}

/** The pretrained weights of an architecture: the source `id`, else the manifest's first for it. */
export async function locateWeights(model: string, places: Places, id?: string): Promise<LocalFile> {
  const source = id ? sourceById(id) : sources().find((candidate) => candidate.model === model);
  if (source?.model !== model) {
    const known = sources().filter((candidate) => candidate.model === model);
    const choice = known.length > 0 ? `known are ${known.map((s) => s.id).join(', ')}` : 'none are known';
    throw new MissingError(`no pretrained weights '${id ?? ''}' for ${model}; ${choice}`);
  }
  const [file] = await locateSource(source.id, places, { alias: model });
  return file!;
}

/** The paths of a source's files where all are present in one place; nothing is read. */
export function findSource(
  source: Source,
  { dataDir, cacheDir }: Places,
  alias?: string,
): string[] | undefined {
  const folders = dataDir === undefined ? [] : [dataDir, join(dataDir, source.id)];
  if (dataDir !== undefined && alias) folders.push(join(dataDir, alias));
  const candidates = folders.map((folder) => source.files.map((file) => join(folder, file.name)));
  candidates.push(source.files.map((file) => cachePath(source, file, cacheDir)));
  return candidates.find((paths) => paths.every((path) => existsSync(path)));
}

async function checkFile(source: Source, file: SourceFile, path: string, places: Places): Promise<LocalFile> {
  const digests = await digestOnce(path, places.cacheDir);
  const local = { name: file.name, path, sha256: digests.sha256 };
  if (file.origins.some((origin) => matches(origin, digests))) return local;
  const [origin] = file.origins as [SourceFile['origins'][number]];
  const problem =
    `${path} is not the official file: expected ${describeChecksum(origin)}, ` +
    `found ${describeDigest(origin, digests)}`;
  // The user's own subset of a data set or own vocabulary is allowed; its reader still refuses what is damaged.
  if (
    (source.kind === 'dataset' || source.kind === 'tokenizer') &&
    path !== cachePath(source, file, places.cacheDir)
  ) {
    process.stderr.write(`warning: ${problem}\n`);
    return local;
  }
  throw new MissingError(`${problem}. Delete it and run 'gen-bench fetch ${source.id}'.`);
}
