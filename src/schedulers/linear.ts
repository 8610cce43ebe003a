/**
 * Linear decay (Table 8 of the GeN paper): η_k = c₀ + (c_min − c₀)·(k − 1)/T at step k = 1…T, as PyTorch's LinearLR
 * with end_factor = c_min/c₀ and total_iters = T.
 */
import { z } from 'zod';
import { minLr } from './min-lr.js';
import type { ScheduleDefinition } from './types.js';

const options = z.strictObject({ min_lr: minLr });

export const linear: ScheduleDefinition<typeof options> = {
  kind: 'schedule',
  name: 'linear',
  description: 'a straight line from lr to min_lr over the run',
  options,
  create:
    ({ min_lr }, { baseLr, totalSteps }) =>
    (step) =>
      baseLr + ((min_lr - baseLr) * (step - 1)) / totalSteps,
};
