import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostArray } from '../types.js';
import { movieLens1m, movieLens100k } from './movielens.js';
import { NEGATIVES, sampleNegatives } from './negatives.js';
import { sequencesOf } from './sequences.js';
import { answerSplit, maskedSplit } from './splits.js';

describe('sequences', () => {
  test('are in order of time, ties as in the file, without users of few ratings', () => {
    const rows = [
      [7, 50, 30],
      [2, 90, 5],
      [7, 20, 10],
      [7, 30, 30],
      [9, 10, 1],
      [2, 20, 4],
      [2, 50, 6],
    ];
    const column = (i: number) => Int32Array.from(rows, (row) => row[i]!);
    const times = Float64Array.from(rows, (row) => row[2]!);
    const { users, numItems } = sequencesOf({ users: column(0), items: column(1), times }, 3);
    // items 20, 30, 50 and 90 are left
    expect(numItems).toBe(4);
    expect(users.map((user) => [...user])).toEqual([
      [1, 4, 3],
      [1, 3, 2],
    ]);
  });
});

/** 40 users; item k is taken by the more users the smaller k is. */
const sequences = {
  numItems: 60,
  users: Array.from({ length: 40 }, (_, user) =>
    Int32Array.from({ length: 12 }, (_, i) => 1 + ((i * i + (user % (i + 2))) % 60)).filter(
      (item, i, all) => all.indexOf(item) === i,
    ),
  ),
};

describe('other candidates', () => {
  test.each(NEGATIVES)('%s: different items that the user did not take, the same in every run', (how) => {
    const drawn = sampleNegatives(sequences, how, 20);
    drawn.forEach((items, user) => {
      expect(new Set(items).size).toBe(20);
      for (const item of items) {
        expect(sequences.users[user]).not.toContain(item);
        expect(item).toBeGreaterThanOrEqual(1);
        expect(item).toBeLessThanOrEqual(60);
      }
    });
    expect(sampleNegatives(sequences, how, 20)).toEqual(drawn);
  });

  test('popular items are drawn in proportion to their popularity', () => {
    // item 1 twice as popular as 2, item 3 never taken by others; users who took nothing of these draw one
    const takers = [[1], [1], [2]].map((items) => Int32Array.from(items));
    const others = Array.from({ length: 3000 }, () => Int32Array.of(3));
    const drawn = sampleNegatives({ numItems: 4, users: [...takers, ...others] }, 'popularity', 1).slice(3);
    const first = drawn.filter(([item]) => item === 1).length / drawn.length;
    expect(Math.abs(first - 2 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 3000));
    expect(drawn.some(([item]) => item === 4)).toBe(false);
  });

  test('the most popular come in their order', () => {
    const users = [[1, 3], [3, 2], [3, 2], [4]].map((items) => Int32Array.from(items));
    expect([...sampleNegatives({ numItems: 4, users }, 'most-popular', 2)[3]!]).toEqual([3, 2]);
  });

  test('too few items are refused', () => {
    const users = [Int32Array.of(1, 2, 3)];
    expect(() => sampleNegatives({ numItems: 5, users }, 'uniform', 3)).toThrow(/num_negatives to at most 2/);
  });
});

const rows = ({ shape, data }: HostArray) =>
  Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);

describe('leave one out', () => {
  const users = [Int32Array.of(1, 2, 3, 4, 5), Int32Array.of(9, 8, 7, 6, 5, 4, 3, 2)];

  test('the test has the mask after what is seen, and the last item as its answer', async () => {
    const negatives = [Int32Array.of(6, 7), Int32Array.of(1, 10)];
    const batch = await answerSplit(users, negatives, { maxLength: 5, numItems: 10 }).read(
      Int32Array.of(1, 0),
    );
    expect(rows(batch.ids!)).toEqual([
      [7, 6, 5, 4, 11],
      [0, 1, 2, 3, 11],
    ]);
    expect(rows(batch.candidates!)).toEqual([
      [2, 1, 10],
      [5, 6, 7],
    ]);
    expect(rows(batch.labels!)).toEqual([[2], [5]]);
    expect(rows(batch.positions!)).toEqual([[4], [4]]);
  });

  const long = Array.from({ length: 400 }, (_, user) =>
    Int32Array.from({ length: 3 + (user % 40) }, (_, i) => 1 + ((user + 7 * i) % 100)),
  );
  const split = (seed: number) =>
    maskedSplit(long, { maxLength: 20, maskProbability: 0.15, numItems: 100, seed });
  const all = Int32Array.from(long.keys());

  test('training masks 15 % of what is seen: 80 % by the mask, 10 % by any item, 10 % not at all', async () => {
    const { ids, positions, labels, weight } = await split(0).read(all, 0);
    const [masked, kept, seen] = [[] as number[], [] as number[], [] as number[]];
    rows(ids!).forEach((sequence, user) => {
      const expected = long[user]!.subarray(0, -2).slice(-20);
      const start = 20 - expected.length;
      expect(sequence.slice(0, start)).toEqual(Array(start).fill(0));
      const own = rows(labels!)[user]!.flatMap((label, slot) =>
        label === 0 ? [] : [{ label, position: rows(positions!)[user]![slot]! }],
      );
      for (const { label, position } of own) {
        expect(label).toBe(expected[position - start]);
        masked.push(sequence[position]!);
        if (sequence[position] === label) kept.push(label);
      }
      sequence.forEach((item, position) => {
        if (position >= start) seen.push(item);
        if (position >= start && !own.some((one) => one.position === position)) {
          expect(item).toBe(expected[position - start]);
        }
      });
    });
    const near = (count: number, total: number, share: number) =>
      expect(Math.abs(count / total - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / total));
    near(masked.length, seen.length, 0.15);
    near(masked.filter((item) => item === 101).length, masked.length, 0.8);
    near(kept.length, masked.length, 0.1 + 0.1 / 100);
    expect(new Set(weight!.data)).toEqual(new Set([Math.fround(400 / masked.length)]));
  });

  test('masks depend on seed, epoch and user alone', async () => {
    const whole = await split(0).read(all, 3);
    const part = await split(0).read(Int32Array.of(17, 5), 3);
    expect(rows(part.ids!)).toEqual([rows(whole.ids!)[17], rows(whole.ids!)[5]]);
    expect((await split(0).read(all, 4)).ids).not.toEqual(whole.ids);
    expect((await split(1).read(all, 3)).ids).not.toEqual(whole.ids);
  });
});

describe('MovieLens', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'movielens-'));
    const ratings = Array.from({ length: 3 }, (_, user) =>
      Array.from({ length: 5 + user }, (_, i) => [user + 1, 100 * ((i + 2 * user) % 9) + 5, 4, 1000 - i]),
    ).flat();
    for (const name of ['ml-1m', 'ml-100k', 'broken']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'ml-1m/ratings.dat'), ratings.map((row) => `${row.join('::')}\n`).join(''));
    await writeFile(join(folder, 'ml-100k/u.data'), ratings.map((row) => `${row.join('\t')}\r\n`).join(''));
    await writeFile(join(folder, 'broken/u.data'), '1\t2\t3\t4\n1\t2\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const open = (set: typeof movieLens1m, dataDir: string, seed = 0) =>
    set.create(set.options.parse({ num_negatives: 1, max_length: 6 }), { dataDir, cacheDir: folder, seed });

  test.each([movieLens1m, movieLens100k])('reads the official file of $name', async (set) => {
    const { train, test: answers, numItems, checksums } = await open(set, folder);
    expect([train.length, answers.length, numItems]).toEqual([3, 3, 9]);
    expect(Object.keys(checksums)).toEqual([set === movieLens1m ? 'ratings.dat' : 'u.data']);
    const { ids } = await answers.read(Int32Array.of(0));
    // the last rating comes first in time
    expect(rows(ids!)).toEqual([[0, 0, 5, 4, 3, 10]]);
    expect(await (await open(set, folder, 1)).test.read(Int32Array.of(0, 1, 2))).toEqual(
      await answers.read(Int32Array.of(0, 1, 2)),
    );
  });

  test('names the line that is none', async () => {
    await expect(open(movieLens100k, join(folder, 'broken'))).rejects.toThrow(/u\.data: line 2 is «1\t2»/);
  });
});
