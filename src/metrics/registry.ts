import { accuracyMetric } from './accuracy.js';
import { f1Metric } from './f1.js';
import { lossMetric } from './loss.js';
import { matthewsMetric } from './matthews.js';
import { ndcgMetrics } from './ndcg.js';
import { recallMetrics } from './recall.js';
import type { MetricDefinition } from './types.js';

/** Every metric, by the name it has in `eval.csv`. */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  accuracy: accuracyMetric,
  f1: f1Metric,
  matthews: matthewsMetric,
  loss: lossMetric,
  ...byName(recallMetrics),
  ...byName(ndcgMetrics),
};

function byName(family: readonly MetricDefinition[]): Record<string, MetricDefinition> {
  return Object.fromEntries(family.map((metric) => [metric.name, metric]));
}
