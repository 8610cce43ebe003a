/** Sets of single texts without an official split. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readWhole } from '../../formats/files.js';
import type { DatasetDefinition } from '../definition.js';
import { locateSource } from '../sources.js';
import { requireTokenizer, type TextExample, textOptions, textSplit } from './batches.js';

const TEST_SHARE = 0.2;

const options = z.strictObject(textOptions);

/** A set of texts in one file, split by `splitByHash`. */
export function defineLabelledTexts(set: {
  /** In the config, and in datasets/manifest.yaml. */
  readonly name: string;
  readonly description: string;
  readonly numClasses: number;
  readonly trainSize: number;
  readonly testSize: number;
  /** Examples of the file's content; `path` is named in errors. */
  parse(bytes: Buffer, path: string): Promise<TextExample[]>;
}): DatasetDefinition<typeof options> {
  const { name, description, numClasses } = set;
  return {
    name,
    description,
    options,
    sources: [name],
    facts: ({ limit }) => ({
      numClasses,
      trainSize: Math.min(set.trainSize, limit ?? Number.POSITIVE_INFINITY),
      testSize: Math.min(set.testSize, limit ?? Number.POSITIVE_INFINITY),
    }),
    async create(chosen, context) {
      const tokenizer = requireTokenizer(context.tokenizer, name);
      const [file] = await locateSource(name, context);
      const { path, sha256 } = file!;
      const { train, test } = splitByHash(await set.parse(await readWhole(path), path));
      return {
        name,
        train: textSplit(train, tokenizer, chosen, `${name}, training`),
        test: textSplit(test, tokenizer, chosen, `${name}, test`),
        numClasses,
        checksums: { [file!.name]: sha256, ...tokenizer.checksums },
      };
    },
  };
}

/**
 * A split that is the same for every seed and on every machine: texts that occur more than once are kept once (the
 * first time), all are sorted by the SHA-256 of their UTF-8, the first fifth is for testing. Any start of either split
 * is then a fair sample of it, as `limit` wants.
 */
export function splitByHash(examples: readonly TextExample[]): {
  train: TextExample[];
  test: TextExample[];
} {
  const unique = new Map<string, TextExample>();
  for (const example of examples) {
    const hash = createHash('sha256').update(example.first).digest('hex');
    if (!unique.has(hash)) unique.set(hash, example);
  }
  const sorted = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, example]) => example);
  const testSize = Math.round(sorted.length * TEST_SHARE);
  return { test: sorted.slice(0, testSize), train: sorted.slice(testSize) };
}
