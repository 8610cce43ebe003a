import type { MetricDefinition } from './types.js';

/** Top-1 accuracy. */
export const accuracyMetric: MetricDefinition = {
  name: 'accuracy',
  description: 'fraction of examples whose most probable class is the label',
  better: 'higher',
  percent: true,
};

/**
 * Fraction of equal entries, from 0 to 1.
 *
 * @param predicted class indices, `[N]`
 * @param labels class indices, `[N]`
 * @throws RangeError when there are none, or the lengths differ.
 */
export function accuracy(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  if (predicted.length !== labels.length || labels.length === 0) {
    throw new RangeError(`accuracy of ${predicted.length} predictions for ${labels.length} labels`);
  }
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) correct++;
  return correct / labels.length;
}
