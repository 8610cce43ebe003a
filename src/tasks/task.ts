import type { Tensor } from '../engine/tf.js';
import type { Scope } from '../models/layers/scope.js';
import type { Model } from '../models/types.js';

/** What a forward pass over a batch gives; a pure function of the scope and the batch. */
export type TaskOutput = {
  /** Loss of every example, [B]. The training loss is their mean. */
  readonly losses: Tensor;
  /** Other quantities of every example, [B] each, by metric name; their mean is the metric. */
  readonly scores: Readonly<Record<string, Tensor>>;
};

/** How an experiment is trained and scored. */
export interface Task {
  /** Task columns of metrics.csv: means over the training batch, or whatever `columns` of the step say. */
  readonly scoreNames: readonly string[];
  forward(model: Model, scope: Scope, batch: Readonly<Record<string, Tensor>>): TaskOutput;
}
