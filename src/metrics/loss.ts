import type { MetricDefinition } from './types.js';

/** The task's own loss over an evaluation split: computed by the task, shown by reports. */
export const lossMetric: MetricDefinition = {
  name: 'loss',
  description: 'mean loss per example over the whole split',
  better: 'lower',
  percent: false,
};
