import type { MetricDefinition } from './types.js';

/** Of the positive class, as GLUE scores MRPC and QQP. */
export const f1Metric: MetricDefinition = {
  name: 'f1',
  description: 'harmonic mean of precision and recall of class 1, of two classes',
  better: 'higher',
  percent: true,
};

/**
 * 2·TP / (2·TP + FP + FN) of class 1; 0 where nothing is positive, as scikit-learn's `f1_score`.
 *
 * @param predicted class indices, `[N]`
 * @param labels class indices, `[N]`
 */
export function f1(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let hits = 0;
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    if (predicted[i] === 1 && labels[i] === 1) hits++;
    positives += Number(predicted[i] === 1) + Number(labels[i] === 1);
  }
  return positives === 0 ? 0 : (2 * hits) / positives;
}
