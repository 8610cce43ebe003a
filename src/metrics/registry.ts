import { accuracyMetric } from './accuracy.js';
import { f1Metric } from './f1.js';
import { lossMetric } from './loss.js';
import { matthewsMetric } from './matthews.js';
import type { MetricDefinition } from './types.js';

/** Every metric, by the name it has in `eval.csv`. */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  accuracy: accuracyMetric,
  f1: f1Metric,
  matthews: matthewsMetric,
  loss: lossMetric,
};
