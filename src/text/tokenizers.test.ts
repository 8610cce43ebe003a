import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MissingError, UsageError } from '../errors.js';
import { frameText } from './frame.js';
import { tokenizers } from './registry.js';

interface Pair {
  readonly first: number;
  readonly second: boolean;
  readonly length: number;
  readonly ids: number[];
  readonly segments?: number[];
}

/** Made by scripts/oracles/token_ids.py with Hugging Face's tokenizers. */
const oracle = JSON.parse(readFileSync(new URL('./testdata/tokenizers.json', import.meta.url), 'utf8')) as {
  files: Record<string, string>;
  lines: string[];
} & Record<keyof typeof tokenizers, { ids: number[][]; text?: string[]; pairs?: Pair[] }>;

const folder = mkdtempSync(join(tmpdir(), 'tokenizers-'));
const places = { dataDir: folder, cacheDir: join(folder, 'cache') };
beforeAll(() => {
  // the small vocabularies are not the official files
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  for (const [name, content] of Object.entries(oracle.files)) writeFileSync(join(folder, name), content);
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const names = Object.keys(tokenizers) as (keyof typeof tokenizers)[];

describe.each(names)('%s', (name) => {
  test("gives Hugging Face's ids and texts", async () => {
    const tokenizer = await tokenizers[name].load(places);
    const { ids, text } = oracle[name];
    oracle.lines.forEach((line, i) => {
      expect(tokenizer.encode(line), JSON.stringify(line)).toEqual(ids[i]);
      if (text) expect(tokenizer.decode(ids[i]!), JSON.stringify(line)).toBe(text[i]);
    });
  });

  test('frames and cuts pairs alike', async () => {
    const tokenizer = await tokenizers[name].load(places);
    for (const pair of oracle[name].pairs ?? []) {
      const [first, second] = [oracle.lines[pair.first]!, oracle.lines[pair.first + 1]!].map((line) =>
        tokenizer.encode(line),
      ) as [number[], number[]];
      const framed = frameText(tokenizer, first, pair.second ? second : undefined, pair.length);
      expect([...framed.ids]).toEqual(pair.ids);
      if (pair.segments) {
        const segments = pair.ids.map((_, i) => Number(i >= framed.secondStart));
        expect(segments).toEqual(pair.segments);
      }
    }
  });

  test('knows its special tokens, and nothing of an empty text', async () => {
    const tokenizer = await tokenizers[name].load(places);
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
    const special = [tokenizer.padId, tokenizer.endId, ...tokenizer.frame.start];
    expect(tokenizer.decode(special)).toBe('');
    for (const id of special) expect(id).toBeLessThan(tokenizer.vocabSize);
  });

  test('refuses a model with too few embeddings', async () => {
    await expect(tokenizers[name].load(places, 200)).rejects.toThrow(UsageError);
  });
});

test('a small GPT-2 vocabulary is the beginning of the whole one', async () => {
  const whole = await tokenizers.gpt2.load(places);
  const small = await tokenizers.gpt2.load(places, 400);
  expect(small).toMatchObject({ vocabSize: 400, endId: 399, padId: 399 });
  for (const line of oracle.lines) {
    const plain = line.replaceAll('<|endoftext|>', '');
    const ids = small.encode(plain);
    expect(Math.max(0, ...ids)).toBeLessThan(399);
    expect(small.decode(ids)).toBe(whole.decode(whole.encode(plain)));
  }
});

describe('refuses damaged files', () => {
  test.each([
    ['gpt2', 'encoder.json', '{', /encoder\.json: is not JSON/],
    ['gpt2', 'encoder.json', '{"a": 0, "b": 0}', /gives the id 0 twice/],
    ['gpt2', 'encoder.json', '{"a": 7}', /gives «a» the id 7, expected a whole number below 1/],
    ['gpt2', 'vocab.bpe', '#version: 0.2\nĠ t\nx\n', /vocab\.bpe: line 3 is not a pair of symbols: «x»/],
    ['roberta', 'merges.txt', 'Ġ Q\n', /vocab\.json: has no token «ĠQ», which the merges «Ġ Q» make/],
    ['roberta', 'vocab.json', '{"a": 0}', /vocab\.json: has no <s>/],
    ['bert', 'vocab.txt', '[PAD]\na\n', /vocab\.txt: has no \[UNK\]/],
    ['bert', 'vocab.txt', 'a\na\n', /vocab\.txt: has a token twice/],
  ] as const)('%s with %s = %j', async (name, file, content, message) => {
    writeFileSync(join(folder, file), content);
    const load = tokenizers[name].load(places);
    await expect(load).rejects.toThrow(message);
    await expect(load).rejects.toThrow(MissingError);
    writeFileSync(join(folder, file), oracle.files[file]!);
  });
});
