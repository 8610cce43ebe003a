import type { MetricDefinition } from './types.js';

/** exp of the mean negative log-likelihood of a token; computed by the task. */
export const perplexityMetric: MetricDefinition = {
  name: 'perplexity',
  description: 'exponential of the mean loss of a token, without label smoothing',
  better: 'lower',
  percent: false,
};
