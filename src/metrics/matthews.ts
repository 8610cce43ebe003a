import type { MetricDefinition } from './types.js';

/** As GLUE scores CoLA. */
export const matthewsMetric: MetricDefinition = {
  name: 'matthews',
  description: "Matthews' correlation of predicted and true classes, 0 for guesses",
  better: 'higher',
  percent: true,
};

/**
 * Matthews' correlation coefficient of any number of classes (Gorodkin 2004), from −1 to 1; 0 where predictions or
 * labels are all of one class, as scikit-learn's `matthews_corrcoef`.
 *
 * @param predicted class indices, `[N]`
 * @param labels class indices, `[N]`
 */
export function matthews(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  const count = labels.length;
  const predictedCounts = new Map<number, number>();
  const labelCounts = new Map<number, number>();
  let hits = 0;
  for (let i = 0; i < count; i++) {
    const [p, y] = [predicted[i]!, labels[i]!];
    predictedCounts.set(p, (predictedCounts.get(p) ?? 0) + 1);
    labelCounts.set(y, (labelCounts.get(y) ?? 0) + 1);
    if (p === y) hits++;
  }
  const product = (a: Map<number, number>, b: Map<number, number>) =>
    [...a].reduce((sum, [key, value]) => sum + value * (b.get(key) ?? 0), 0);
  const covariance = hits * count - product(predictedCounts, labelCounts);
  const variance = (counts: Map<number, number>) => count * count - product(counts, counts);
  const scale = Math.sqrt(variance(predictedCounts) * variance(labelCounts));
  return scale === 0 ? 0 : covariance / scale;
}
