/** Options that several optimizers share, with PyTorch's names; the defaults are PyTorch's for each optimizer. */
import { z } from 'zod';

const fraction = z.number().min(0).lt(1);

export const learningRate = (initial: number) =>
  z.number().nonnegative().default(initial).describe('learning rate η');

export const weightDecay = (initial: number, kind: 'coupled' | 'decoupled' = 'coupled') =>
  z
    .number()
    .nonnegative()
    .default(initial)
    .describe(
      kind === 'coupled' ? 'λ: λ·w is added to the gradient' : 'λ: w shrinks by η·λ·w beside the update',
    );

export const momentum = fraction.default(0).describe('momentum μ');

export const betas = z
  .tuple([fraction, fraction])
  .default([0.9, 0.999])
  .describe('decay rates of the averages of the gradient and of its square');

export const epsilon = (initial: number) =>
  z.number().positive().default(initial).describe('added to the denominator');
