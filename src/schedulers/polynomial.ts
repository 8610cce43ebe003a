/**
 * Polynomial decay to c_min: η_k = c_min + (c₀ − c_min)·(1 − (k − 1)/T)^power at step k = 1…T, as PyTorch's
 * PolynomialLR with total_iters = T (which has no c_min). Not the «polynomial decay» of the GeN paper's Table 8: that
 * is `inverse` and `inverse-sqrt`.
 */
import { z } from 'zod';
import { minLr } from './min-lr.js';
import type { ScheduleDefinition } from './types.js';

const options = z.strictObject({
  power: z.number().positive().default(1).describe('exponent; 1 is linear'),
  min_lr: minLr,
});

export const polynomial: ScheduleDefinition<typeof options> = {
  kind: 'schedule',
  name: 'polynomial',
  description: 'lr · (1 − step/T)^power down to min_lr',
  options,
  create:
    ({ power, min_lr }, { baseLr, totalSteps }) =>
    (step) =>
      min_lr + (baseLr - min_lr) * (1 - (step - 1) / totalSteps) ** power,
};
