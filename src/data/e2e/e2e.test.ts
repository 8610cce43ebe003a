import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MissingError } from '../../errors.js';
import type { Tokenizer } from '../../text/types.js';
import type { DatasetContext } from '../types.js';
import { e2e } from './e2e.js';
import { e2eGrammar } from './e2e-grammar.js';
import { linearise, separatePunctuation } from './format.js';
import { grammarExamples } from './grammar.js';

describe("LoRA's text form", () => {
  test('of a meaning', () => {
    expect(
      linearise(
        'name[The Vaults], eatType[pub], priceRange[£20-25], customer rating[5 out of 5], familyFriendly[yes]',
      ),
    ).toBe(
      'name : The Vaults | Type : pub | price : £ 20 - 25 | customer rating : 5 out of 5 | family friendly : yes',
    );
    expect(linearise('name[Café Rouge], near[Raja Indian Cuisine]')).toBe(
      'name : Café Rouge | near : Raja Indian Cuisine',
    );
    for (const wrong of ['', 'The Vaults', 'name[The Vaults', 'name[a], b', 'name[a] x']) {
      expect(linearise(wrong), wrong).toBeUndefined();
    }
  });

  test.each([
    ["It isn't family-friendly, it's cheap.", "It is n't family - friendly , it 's cheap ."],
    ["You'll find 'The Mill' near £20-25 pubs!", "You 'll find ' The Mill ' near £ 20 - 25 pubs !"],
    [
      'Rated 5 out of 5. A 3-star "café" (by the river); less than £20',
      'Rated 5 out of 5 . A 3-star " café " ( by the river ) ; less than £ 20',
    ],
  ])('of %s', (sentence, expected) => {
    expect(separatePunctuation(sentence)).toBe(expected);
  });
});

/** A word is its length; the end is 0. */
const tokenizer: Tokenizer = {
  name: 'lengths',
  vocabSize: 100,
  padId: 0,
  endId: 0,
  frame: { start: [], middle: [], end: [], segments: false },
  checksums: { 'lengths.txt': '00' },
  encode: (text) => text.split(/\s+/).flatMap((word) => (word === '' ? [] : [word.length])),
  decode: (ids) =>
    ids
      .filter((id) => id !== 0)
      .map((id) => 'x'.repeat(id))
      .join(' '),
};

let folder: string;
let context: DatasetContext & { dataDir: string };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-'));
  context = { dataDir: folder, cacheDir: join(folder, 'cache'), seed: 0, tokenizer };
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const csv = (...rows: string[]) => `mr,ref\n${rows.join('\n')}\n`;
const rows = [
  '"name[Aa], food[Bbb]","Aa has Bbb."',
  '"name[Aa], food[Bbb]",Bbb at Aa',
  'name[Cccc],"Here is ""Cccc"", cheap at Â£20"',
];
const chosen = e2e.options.parse({ max_length: 32 });

async function put(train: string, test: string, root = folder): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'trainset.csv'), train);
  await writeFile(join(root, 'testset_w_refs.csv'), test);
}

describe('the E2E challenge', () => {
  test('is read from its own files', async () => {
    await put(csv(...rows), csv(...rows), join(folder, 'e2e-dataset'));
    const { train, test: testing, checksums } = await e2e.create(chosen, context);
    expect([train.length, testing.length]).toEqual([3, 3]);
    expect(Object.keys(checksums)).toEqual(['trainset.csv', 'testset_w_refs.csv', 'lengths.txt']);
    const { ids, target, targetMask } = await train.read(Int32Array.of(0));
    expect(ids!.shape).toEqual([1, 16]);
    // name : Aa | food : Bbb <end> Aa has Bbb . <end>
    expect([...ids!.data]).toEqual([4, 1, 2, 1, 4, 1, 3, 0, 2, 3, 3, 1, 0, 0, 0, 0]);
    expect([...target!.data].slice(0, 12)).toEqual([1, 2, 1, 4, 1, 3, 0, 2, 3, 3, 1, 0]);
    expect([...targetMask!.data].join('')).toBe('0000000111110000');
    const { prompts, references, endIds, decode } = testing.generation!();
    expect(prompts.map((prompt) => [...prompt])).toEqual([
      [4, 1, 2, 1, 4, 1, 3, 0],
      [4, 1, 4, 0],
    ]);
    expect(references).toEqual([['Aa has Bbb .', 'Bbb at Aa'], ['Here is " Cccc " , cheap at £ 20']]);
    expect(endIds).toEqual([0]);
    expect(decode([2, 3, 0])).toBe('xx xxx');
  });

  test('is cut, limited, and read from the longest to the shortest', async () => {
    await put(csv(...rows), csv(...rows));
    const { train } = await e2e.create({ ...chosen, max_length: 10, limit: 2 }, context);
    expect(train.length).toBe(2);
    const { ids, targetMask } = await train.read(Int32Array.of(0));
    expect(ids!.shape).toEqual([1, 10]);
    expect([...targetMask!.data].join('')).toBe('0000000110');
    const whole = await e2e.create(chosen, context);
    expect([...whole.test.readingOrder!()]).toEqual([2, 0, 1]);
  });

  test.each([
    [
      'a meaning that is none',
      csv('Aa,Bb'),
      /trainset\.csv: line 2 has no meaning such as name\[The Vaults\]: «Aa»/,
    ],
    ['too few columns', csv(rows[0]!, 'name[x]'), /trainset\.csv: Invalid Record Length.* line 3/],
    ['another header', 'text,label\na,b\n', /line 1 names the columns text, label; expected mr, ref/],
    ['no examples', csv().trim(), /trainset\.csv: has no examples/],
    ['nothing', '', /line 1 names the columns ; expected/],
  ])('is refused with %s', async (_, train, message) => {
    await put(train, csv(...rows));
    const create = e2e.create(chosen, context);
    await expect(create).rejects.toThrow(message);
    await expect(create).rejects.toThrow(MissingError);
  });

  test('names the file that a folder lacks', async () => {
    await put(csv(...rows), csv(...rows));
    await rm(join(folder, 'trainset.csv'));
    await expect(e2e.create(chosen, context)).rejects.toThrow(/trainset\.csv: no such file/);
  });
});

describe('the grammar', () => {
  test('makes the same different meanings every time, those to test on apart', () => {
    const settings = { count: 300, sentences: 3 };
    const examples = grammarExamples('test', settings);
    expect(grammarExamples('test', settings)).toEqual(examples);
    const meanings = new Set(examples.map(({ meaning }) => meaning));
    expect(meanings.size).toBe(300);
    expect(grammarExamples('train', settings, meanings).some(({ meaning }) => meanings.has(meaning))).toBe(
      false,
    );
  });

  test('says all that the meaning does, and nothing else', () => {
    for (const { meaning, sentences } of grammarExamples('test', { count: 300, sentences: 3 })) {
      expect(linearise(meaning), meaning).toBeDefined();
      const slots = new Map(
        [...meaning.matchAll(/([\w ]+)\[([^\]]+)\]/g)].map(([, name, value]) => [name!.trim(), value!]),
      );
      expect(new Set(sentences).size).toBe(sentences.length);
      for (const sentence of sentences) {
        const says = (pattern: RegExp | string) =>
          expect(sentence, `${meaning}: ${sentence}`).toMatch(pattern);
        for (const name of ['name', 'eatType', 'food', 'near']) if (slots.has(name)) says(slots.get(name)!);
        if (slots.has('area')) says(slots.get('area')!);
        if (slots.has('customer rating')) says(/rat/);
        if (slots.has('priceRange')) says(/pric|cheap|costs/i);
        expect(/famil/i.test(sentence), sentence).toBe(slots.has('familyFriendly'));
        expect(/isn't|not/.test(sentence), sentence).toBe(slots.get('familyFriendly') === 'no');
        expect(/near|close to/.test(sentence)).toBe(slots.has('near'));
      }
    }
  });

  test('is a data set', async () => {
    const options = e2eGrammar.options.parse({ train_meanings: 20, test_meanings: 5 });
    const { train, test: testing } = await e2eGrammar.create(options, context);
    expect(train.length).toBe(40);
    expect(testing.generation!().prompts).toHaveLength(5);
    expect(testing.generation!().references.every((texts) => texts.length >= 2)).toBe(true);
    expect(e2eGrammar.facts(options).trainSize).toBe(40);
  });
});
