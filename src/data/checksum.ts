import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Origin } from './manifest.js';

export interface Digests {
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly md5: string;
}

/** Reads a file once for both digests. */
export async function digestFile(path: string): Promise<Digests> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let size = 0;
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      size += chunk.length;
      sha256.update(chunk);
      md5.update(chunk);
    }
  });
  return { size, sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

/** Whether a file is what this origin gives. */
export function matches(origin: Origin, { size, sha256, md5 }: Digests): boolean {
  if (origin.unchecked) return origin.size === size;
  if (origin.sha256) return origin.sha256 === sha256;
  if (origin.sha256_prefix) return sha256.startsWith(origin.sha256_prefix);
  return origin.md5 === md5;
}

/** The expected checksum, for messages. */
export function describeChecksum(origin: Origin): string {
  if (origin.unchecked) return 'no published checksum';
  if (origin.sha256) return `sha256 ${origin.sha256}`;
  if (origin.sha256_prefix) return `sha256 starting ${origin.sha256_prefix}`;
  return `md5 ${origin.md5}`;
}

/** The digest of a file in the kind that `origin` expects, for messages. */
export function describeDigest(origin: Origin, digests: Digests): string {
  return origin.md5 ? `md5 ${digests.md5}` : `sha256 ${digests.sha256}`;
}
