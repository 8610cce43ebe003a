import type { HostBatch, Split } from '../data/types.js';
import type { Tensor } from '../engine/tf.js';
import type { Scope } from '../models/layers/scope.js';
import type { Model } from '../models/types.js';

/** What a forward pass over a batch gives; a pure function of the scope and the batch. */
export type TaskOutput = {
  /** Loss of every example, [B]. The training loss is their mean. */
  readonly losses: Tensor;
  /**
   * Other quantities of every example, [B] each, by name. In training those of `scoreNames`; in evaluation
   * (`scope.training` false) whatever `metrics` needs.
   */
  readonly scores: Readonly<Record<string, Tensor>>;
};

/** Quantities of every example of a split, in the split's order: `loss` and the scores, [N] each. */
export type SplitResults = Readonly<Record<string, Float64Array>>;

/** A split after the forward passes over it, for metrics that need more than those. */
export interface EvaluationContext {
  readonly model: Model;
  /** The weights under evaluation, in the order of the model's parameters, then its statistics. Not to be disposed. */
  readonly weights: readonly Tensor[];
  readonly split: Split;
  /** Name of the split in eval.csv. */
  readonly splitName: string;
  readonly results: SplitResults;
  /** Training steps done. */
  readonly step: number;
  /** Examples of one pass. */
  readonly batchSize: number;
  /** Whether training has ended. */
  readonly isFinal: boolean;
  /** The run's directory, for files beside eval.csv; absent where a library user evaluates. */
  readonly directory?: string;
}

/**
 * Choices that a forward pass depends on and that are made on the host from the weights, such as a detector's proposals
 * and samples. No gradient goes through them.
 */
export interface Preparation {
  /**
   * A physical batch together with the choices: what the forward pass is given instead of it.
   *
   * @param weights parameters, then statistics; not to be disposed
   * @param options.seed of the step; whatever is drawn depends on it alone
   */
  prepare(
    weights: readonly Tensor[],
    batch: HostBatch,
    options: { readonly training: boolean; readonly seed: readonly [number, number] },
  ): HostBatch;
  dispose(): void;
}

/** How an experiment is trained and scored. */
export interface Task {
  /** Task columns of metrics.csv: means over the training batch. */
  readonly scoreNames: readonly string[];
  /** Absent where a forward pass needs nothing but the batch. */
  preparation?(model: Model): Preparation;
  forward(model: Model, scope: Scope, batch: Readonly<Record<string, Tensor>>): TaskOutput;
  /** Metrics of a split by their names in eval.csv. Absent: the mean of every result. */
  metrics?(results: SplitResults): Record<string, number>;
  /** Further metrics of a split, from passes of their own: generated texts, images, boxes. */
  evaluate?(context: EvaluationContext): Promise<Record<string, number>>;
}
