import { TOP_K } from './top-k.js';
import type { MetricDefinition } from './types.js';

/** Recall of recommended lists of k items, each for one right answer: the fraction of lists that contain it. */
export const recallMetrics: readonly MetricDefinition[] = TOP_K.map((k) => ({
  name: `recall@${k}`,
  description: `fraction of examples whose answer is among the ${k} best candidates`,
  better: 'higher',
  percent: false,
}));

/**
 * @param ranks place of each example's answer among its candidates, from 0, `[N]`
 * @throws RangeError when there are none.
 */
export function recall(ranks: ArrayLike<number>, k: number): number {
  if (ranks.length === 0) throw new RangeError('recall of no ranks');
  let hits = 0;
  for (let i = 0; i < ranks.length; i++) if (ranks[i]! < k) hits++;
  return hits / ranks.length;
}
