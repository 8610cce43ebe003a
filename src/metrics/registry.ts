import { accuracyMetric } from './accuracy.js';
import { lossMetric } from './loss.js';
import type { MetricDefinition } from './types.js';

/** Every metric, by the name it has in `eval.csv`. */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  accuracy: accuracyMetric,
  loss: lossMetric,
};
