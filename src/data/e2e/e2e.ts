/**
 * The E2E NLG Challenge (Novikova et al. 2017, arXiv:1706.09254): meanings of restaurants and what people wrote for
 * them, from the challenge's own CSV files, in LoRA's text form.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { damaged, readWhole } from '../../formats/files.js';
import { digestFile } from '../checksum.js';
import type { DatasetDefinition } from '../definition.js';
import type { LocalFile } from '../fetch.js';
import { locateSource, type Places } from '../sources.js';
import { requireTokenizer } from '../text/batches.js';
import { type GenerationExample, generationOptions, generationSplit } from '../text/generation.js';
import { linearise, separatePunctuation } from './format.js';

const COLUMNS = ['mr', 'ref'];
const FILES = { train: 'trainset.csv', dev: 'devset.csv', test: 'testset_w_refs.csv' } as const;
const SIZES = { train: 42_061, dev: 4672, test: 4693 } as const;

const options = z.strictObject({
  ...generationOptions,
  test_set: z.enum(['test', 'dev']).default('test').describe('what the model is tested on'),
});

export const e2e: DatasetDefinition<typeof options> = {
  name: 'e2e',
  description:
    'the E2E NLG Challenge: 42,061 meanings of restaurants with a text each, 4,693 to test (630 meanings)',
  options,
  sources: ['e2e'],
  facts: ({ limit, test_set }) => ({
    trainSize: Math.min(SIZES.train, limit ?? Number.POSITIVE_INFINITY),
    testSize: Math.min(SIZES[test_set], limit ?? Number.POSITIVE_INFINITY),
  }),
  async create(chosen, context) {
    const tokenizer = requireTokenizer(context.tokenizer, 'e2e');
    const files = await locateFiles([FILES.train, FILES[chosen.test_set]], context);
    const [train, test] = await Promise.all(
      files.map(async ({ path }) => {
        const examples = await parseE2e((await readWhole(path)).toString('utf8'), path);
        return generationSplit(examples, tokenizer, chosen, path);
      }),
    );
    return {
      name: 'e2e',
      train: train!,
      test: test!,
      checksums: {
        ...Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256])),
        ...tokenizer.checksums,
      },
    };
  },
};

/** From `<data-dir>`, `<data-dir>/e2e` or `<data-dir>/e2e-dataset`, else from the cache, else fetched. */
async function locateFiles(names: readonly string[], places: Places): Promise<LocalFile[]> {
  const { dataDir } = places;
  const folders = dataDir === undefined ? [] : [dataDir, join(dataDir, 'e2e'), join(dataDir, 'e2e-dataset')];
  // a folder with one of the files is meant, so that an absent other one is named
  const folder = folders.find((candidate) => names.some((name) => existsSync(join(candidate, name))));
  if (folder) {
    return Promise.all(
      names.map(async (name) => {
        const path = join(folder, name);
        if (!existsSync(path)) throw damaged(path, 'no such file');
        return { name, path, sha256: (await digestFile(path)).sha256 };
      }),
    );
  }
  const files = await locateSource('e2e', { cacheDir: places.cacheDir });
  return names.map((name) => files.find((file) => file.name === name)!);
}

/**
 * The challenge's CSV with its first line `mr,ref`; its known damage to £ and é is mended as its scorer does.
 *
 * @throws MissingError with file and line for a wrong number of columns, a meaning that is none, or no examples
 */
async function parseE2e(text: string, path: string): Promise<GenerationExample[]> {
  const { parse } = await import('csv-parse/sync'); // here: every command knows the datasets
  const mended = text
    .replace(/^\ufeff/, '')
    .replaceAll('Ł', '£')
    .replaceAll('Â£', '£')
    .replaceAll('Ã©', 'é')
    .replaceAll('ã©', 'é');
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(mended, { info: true, skip_empty_lines: true }) as unknown as typeof rows;
  } catch (error) {
    throw damaged(path, (error as Error).message);
  }
  const header = rows[0]?.record ?? [];
  if (header.join().toLowerCase() !== COLUMNS.join()) {
    throw damaged(path, `line 1 names the columns ${header.join(', ')}; expected ${COLUMNS.join(', ')}`);
  }
  const examples = rows.slice(1).map(({ record, info }): GenerationExample => {
    const context = linearise(record[0]!);
    if (context === undefined) {
      throw damaged(path, `line ${info.lines} has no meaning such as name[The Vaults]: «${record[0]}»`);
    }
    return { context, completion: separatePunctuation(record[1]!) };
  });
  if (examples.length === 0) throw damaged(path, 'has no examples');
  return examples;
}
