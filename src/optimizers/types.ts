import type { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';

/** What a checkpoint keeps of an optimizer: tensors by name, and numbers. */
export interface OptimizerState {
  /** Caller owns (and disposes) the tensors. */
  readonly tensors: Record<string, Tensor>;
  readonly scalars: Record<string, number>;
}

/**
 * An optimizer over a fixed list of trainable parameters. `step` moves them in place:
 * w ← w − η·g, where g (preconditioned gradient, momentum and weight decay included) does not depend on η.
 */
export interface Optimizer {
  /**
   * One update. `gradients` are in the order of the parameters the optimizer was created with and stay the
   * caller's; `learningRate` is η of this step.
   */
  step(gradients: readonly Tensor[], learningRate: number): void;
  /** η for base optimizers (undefined: the caller's learning rate); d·lr and its like for parameter-free ones. */
  effectiveLearningRate?(): number;
  /** Weights that evaluation should use instead of the current ones (iterate averaging); caller disposes them. */
  averagedParameters?(): Tensor[];
  state(): OptimizerState;
  restore(state: OptimizerState): void;
  dispose(): void;
}

/** One line of the optimizer registry: name, options with their defaults, and the factory. */
export interface OptimizerDefinition<Options extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly description: string;
  /** zod schema of the options beside `name`; must contain `lr`. */
  readonly options: Options;
  /** How many numbers it keeps from step to step for each trained one. */
  stateSize(options: z.infer<Options>): number;
  create(parameters: readonly Parameter[], options: z.infer<Options>): Optimizer;
}

export function defineOptimizer<Options extends z.ZodObject>(
  definition: OptimizerDefinition<Options>,
): OptimizerDefinition<Options> {
  return definition;
}
