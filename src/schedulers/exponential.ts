/**
 * Exponential decay (Table 8 of the GeN paper): η_k = max(c₀·exp(−p(k − 1)), c_min), as PyTorch's ExponentialLR with
 * gamma = exp(−p).
 */
import { z } from 'zod';
import { minLr } from './min-lr.js';
import type { ScheduleDefinition } from './types.js';

/** Without a rate the learning rate falls to this share of lr over the run. */
const defaultFinalRatio = 0.01;

const options = z.strictObject({
  rate: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('p of exp(−p·step); null: falls to 1 % of lr over the run'),
  min_lr: minLr,
});

export const exponential: ScheduleDefinition<typeof options> = {
  kind: 'schedule',
  name: 'exponential',
  description: 'lr · exp(−rate · step)',
  options,
  create({ rate, min_lr }, { baseLr, totalSteps }) {
    const p = rate ?? -Math.log(defaultFinalRatio) / totalSteps;
    return (step) => Math.max(baseLr * Math.exp(-p * (step - 1)), min_lr);
  },
};
