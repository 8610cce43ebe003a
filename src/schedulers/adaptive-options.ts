/** Options that the parameter-free methods share, and what they take from the base optimizer. */
import { z } from 'zod';
import { betas, epsilon } from '../optimizers/options.js';

export const adaptiveLr = z
  .number()
  .positive()
  .default(1)
  .describe("factor on the method's own step size; optimizer.lr is not used");

export const d0 = z
  .number()
  .positive()
  .default(1e-6)
  .describe('first estimate of the distance to the solution');

export const growthRate = z
  .number()
  .min(1)
  .nullable()
  .default(null)
  .describe('the estimate grows by this factor a step at most; null: no limit');

export const useBiasCorrection = z.boolean().default(false).describe("Adam's bias correction");

export const averageGamma = z
  .number()
  .nonnegative()
  .nullable()
  .default(8)
  .describe('γ of the polynomial-decay average of the iterates that evaluation uses; null: the last iterate');

const adamOptions = z.object({ betas, eps: epsilon(1e-8), weight_decay: z.number().default(0) });

/** Adam's options of a base optimizer; over `sgd`, which has only weight_decay, the others are Adam's defaults. */
export function adamOptionsOf(base: Readonly<Record<string, unknown>>): z.infer<typeof adamOptions> {
  return adamOptions.parse(base);
}

const sgdOptions = z.object({ momentum: z.number().default(0), weight_decay: z.number().default(0) });

/** Momentum and weight decay of a base optimizer. */
export function sgdOptionsOf(base: Readonly<Record<string, unknown>>): z.infer<typeof sgdOptions> {
  return sgdOptions.parse(base);
}
