import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ndcg } from './ndcg.js';
import { recall } from './recall.js';
import { TOP_K } from './top-k.js';

test('recall and NDCG by hand', () => {
  const ranks = [0, 1, 4, 5, 99];
  expect(recall(ranks, 1)).toBe(1 / 5);
  expect(recall(ranks, 5)).toBe(3 / 5);
  expect(recall(ranks, 20)).toBe(4 / 5);
  expect(ndcg(ranks, 1)).toBe(1 / 5);
  expect(ndcg(ranks, 5)).toBeCloseTo((1 + 1 / Math.log2(3) + 1 / Math.log2(6)) / 5, 15);
});

test('recall and NDCG as the general definitions give them', () => {
  const path = new URL('../models/testdata/bert4rec.json', import.meta.url);
  const { ranking } = JSON.parse(readFileSync(path, 'utf8')) as {
    ranking: { ranks: number[]; metrics: Record<string, number> };
  };
  for (const k of TOP_K) {
    expect(recall(ranking.ranks, k)).toBeCloseTo(ranking.metrics[`recall@${k}`]!, 12);
    expect(ndcg(ranking.ranks, k)).toBeCloseTo(ranking.metrics[`ndcg@${k}`]!, 12);
  }
});

test('no ranks have no metric', () => {
  expect(() => recall([], 5)).toThrow(RangeError);
  expect(() => ndcg([], 5)).toThrow(RangeError);
});
