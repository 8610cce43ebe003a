import type { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import type { TokenizerName } from '../text/registry.js';
import type { Scope } from './layers/scope.js';
import type { Peft } from './peft.js';
import type { WeightSource } from './weights.js';

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
  /** The classifier's own parameters, which start afresh where published weights are for other classes. */
  readonly head: readonly Parameter[];
  /** Absent where the whole model is trained. */
  readonly peft?: Peft;
  /** logits of a batch (a test function: its value); see each model for the inputs' names and shapes. */
  forward(scope: Scope, inputs: Readonly<Record<string, Tensor>>): Tensor;
  /** Weights as they are published, under this model's names; for those that have others. */
  importWeights?(weights: WeightSource): WeightSource;
  dispose(): void;
}

/** Keys and values [B, H, P, d] of the P tokens read so far, a pair for each block. */
export type KeyValueCache = readonly { readonly key: Tensor; readonly value: Tensor }[];

/** Tokens for a language model to read after those in its cache. */
export type DecodeInputs = {
  /** int32 [B, N] */
  readonly ids: Tensor;
  /** int32 [B, P + N], 1 a token, 0 padding; absent: no padding. */
  readonly mask?: Tensor;
  /** int32 [B, N], the tokens' positions; absent: P to P + N − 1. */
  readonly positions?: Tensor;
};

/** A causal language model: `forward` gives the logits [B, T, V] of the token after each. */
export interface LanguageModel extends Model {
  /** V */
  readonly vocabSize: number;
  /** Most tokens it can read. */
  readonly maxLength: number;
  /**
   * Reads further tokens, in evaluation mode or training mode as the scope says. Pure: it returns a longer cache, and
   * rows of a cache may be gathered, as beam search does.
   * @returns logits [B, V] of the token after the last, and the cache [B, H, P + N, d]
   */
  decode(
    scope: Scope,
    inputs: DecodeInputs,
    cache?: KeyValueCache,
  ): { readonly logits: Tensor; readonly cache: KeyValueCache };
}

/** A generator with its discriminator, whose logits `forward` gives. */
export interface GenerativeModel extends Model {
  /** The generator's own; all others are the discriminator's. They come first in `parameters`. */
  readonly generatorParameters: readonly Parameter[];
  /** L */
  readonly latentSize: number;
  /** Images [B, H, W, C] in (−1, 1) of `latent` [B, L]. */
  generate(scope: Scope, latent: Tensor): Tensor;
}

export interface ModelContext {
  /** Of the initial weights. */
  readonly seed: number;
  /** From the dataset; the model file decides whether it needs them. */
  readonly numClasses?: number;
  /** [height, width, channels] */
  readonly imageShape?: readonly [number, number, number];
  /** Items are 1 to this. */
  readonly numItems?: number;
  /** Tokens of every sequence. */
  readonly sequenceLength?: number;
}

export interface ModelDefinition<Options extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly description: string;
  /** zod schema of the options beside `name`. */
  readonly options: Options;
  create(options: z.infer<Options>, context: ModelContext): Model;
  /** Whose ids it reads, and how many it knows; models of text only. */
  tokenizer?(options: z.infer<Options>): { readonly name: TokenizerName; readonly vocabSize: number };
}

export function defineModel<Options extends z.ZodObject>(
  definition: ModelDefinition<Options>,
): ModelDefinition<Options> {
  return definition;
}
