import { z } from 'zod';
import { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import { defineModel, type Model } from './types.js';

interface TestFunction {
  readonly name: string;
  readonly description: string;
  readonly start: readonly [number, number];
  /** Its value [] at the scalars x1, x2. */
  value(x1: Tensor, x2: Tensor): Tensor;
}

/**
 * A function of two scalars as a model without inputs: the parameters `x1` and `x2` (shape []) are what is optimised,
 * and `forward` gives the function's value as the loss [1] of one "example". Section 5 of the GeN paper.
 */
export function defineFunction({ name, description, start, value }: TestFunction) {
  return defineModel({
    name,
    description,
    options: z.strictObject({
      start: z
        .tuple([z.number(), z.number()])
        .readonly()
        .default([start[0], start[1]])
        .describe('[x1, x2] that the descent starts from'),
    }),
    create(options): Model {
      const scalar = (parameter: string, x: number) =>
        new Parameter(parameter, { shape: [], values: Float64Array.of(x) }, true);
      const x1 = scalar('x1', options.start[0]);
      const x2 = scalar('x2', options.start[1]);
      return {
        name,
        parameters: [x1, x2],
        statistics: [],
        head: [],
        forward: (scope) => value(scope.get(x1), scope.get(x2)).reshape([1]),
        dispose() {
          x1.dispose();
          x2.dispose();
        },
      };
    },
  });
}
