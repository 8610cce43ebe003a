import type { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import type { Scope } from './layers/scope.js';

/**
 * A network: an architecture plus its parameters (trainable and frozen) and statistics (BatchNorm's running means).
 * `forward` is a pure function of what the scope holds, so that it can be recorded as a graph.
 */
export interface Model {
  readonly name: string;
  /** In a fixed order; `trainable` says which an optimizer may move. */
  readonly parameters: readonly Parameter[];
  /** Non-trainable state that training updates by itself, e.g. `bn1.running_mean`. */
  readonly statistics: readonly Parameter[];
  /** logits of a batch; see each model for shapes. */
  forward(scope: Scope, inputs: Readonly<Record<string, Tensor>>): Tensor;
  dispose(): void;
}

export interface ModelContext {
  readonly seed: number;
  /** From the dataset; the model file decides whether it needs them. */
  readonly numClasses?: number;
  readonly imageShape?: readonly [number, number, number];
}

export interface ModelDefinition<Options extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly options: Options;
  create(options: z.infer<Options>, context: ModelContext): Model;
}
