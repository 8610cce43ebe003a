import { accuracyMetric } from './accuracy.js';
import { bleuMetric } from './bleu.js';
import { ciderMetric } from './cider.js';
import { cocoApMetrics } from './coco-ap.js';
import { f1Metric } from './f1.js';
import { lossMetric } from './loss.js';
import { matthewsMetric } from './matthews.js';
import { meteorMetric } from './meteor.js';
import { ndcgMetrics } from './ndcg.js';
import { nistMetric } from './nist.js';
import { perplexityMetric } from './perplexity.js';
import { recallMetrics } from './recall.js';
import { rougeLMetric } from './rouge-l.js';
import type { MetricDefinition } from './types.js';

/** Every metric, by the name it has in `eval.csv`. Reports compare methods by the first one that a task has. */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  accuracy: accuracyMetric,
  f1: f1Metric,
  matthews: matthewsMetric,
  bleu: bleuMetric,
  nist: nistMetric,
  meteor: meteorMetric,
  rouge_l: rougeLMetric,
  cider: ciderMetric,
  ...byName(cocoApMetrics),
  ...byName(ndcgMetrics),
  ...byName(recallMetrics),
  perplexity: perplexityMetric,
  loss: lossMetric,
};

function byName(family: readonly MetricDefinition[]): Record<string, MetricDefinition> {
  return Object.fromEntries(family.map((metric) => [metric.name, metric]));
}
