import { TOP_K } from './top-k.js';
import type { MetricDefinition } from './types.js';

/** NDCG@10 is what BERT4Rec-VAE-Pytorch chooses its models by. */
const COMPARED_FIRST = [10, ...TOP_K.filter((k) => k !== 10)];

/** Normalised discounted cumulative gain of recommended lists; Järvelin & Kekäläinen 2002. */
export const ndcgMetrics: readonly MetricDefinition[] = COMPARED_FIRST.map((k) => ({
  name: `ndcg@${k}`,
  description: `gain of the answer by its place among the ${k} best candidates, 1 at the first place`,
  better: 'higher',
  percent: false,
}));

/**
 * With one right answer each the best possible gain is 1, and a list's is 1/log₂(rank + 2) within its k places, else 0.
 *
 * @param ranks place of each example's answer among its candidates, from 0, `[N]`
 * @throws RangeError when there are none.
 */
export function ndcg(ranks: ArrayLike<number>, k: number): number {
  if (ranks.length === 0) throw new RangeError('ndcg of no ranks');
  let gain = 0;
  for (let i = 0; i < ranks.length; i++) if (ranks[i]! < k) gain += 1 / Math.log2(ranks[i]! + 2);
  return gain / ranks.length;
}
