import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Digests, digestFile } from './checksum.js';

/** Smaller files are read again each time, in under a second. */
const REMEMBERED_BYTES = 2 ** 28;

const recordSchema = z.object({ state: z.string(), size: z.number(), sha256: z.string(), md5: z.string() });

/**
 * The digests of a file. Those of large ones are remembered in the cache while the file's size and time stay the same:
 * reading an archive of 25 GB takes longer than the start of a run should.
 */
export async function digestOnce(path: string, cacheDir: string): Promise<Digests> {
  const { size, mtimeMs, ctimeMs } = await stat(path);
  if (size < REMEMBERED_BYTES) return digestFile(path);
  const state = `${path} ${size} ${mtimeMs} ${ctimeMs}`;
  const folder = join(cacheDir, 'digests');
  const file = join(folder, `${createHash('sha256').update(path).digest('hex').slice(0, 24)}.json`);
  const record = await readFile(file, 'utf8')
    .then((text) => recordSchema.parse(JSON.parse(text)))
    .catch(() => undefined);
  if (record?.state === state) return record;
  process.stderr.write(`checking ${path} (${(size / 1e9).toFixed(1)} GB), once\n`);
  const digests = await digestFile(path);
  // Without a cache it only takes longer the next time.
  await mkdir(folder, { recursive: true })
    .then(() => writeFile(file, JSON.stringify({ state, ...digests })))
    .catch(() => {});
  return digests;
}
