/**
 * Cosine decay (Loshchilov and Hutter, arXiv:1608.03983; Table 8 of the GeN paper), without restarts:
 * η_k = c_min + (c₀ − c_min)·(1 + cos(π(k − 1)/T))/2 at step k = 1…T, as PyTorch's CosineAnnealingLR with T_max = T.
 */
import { z } from 'zod';
import { minLr } from './min-lr.js';
import type { ScheduleDefinition } from './types.js';

const options = z.strictObject({ min_lr: minLr });

export const cosine: ScheduleDefinition<typeof options> = {
  kind: 'schedule',
  name: 'cosine',
  description: 'half a cosine from lr to min_lr over the run',
  options,
  create:
    ({ min_lr }, { baseLr, totalSteps }) =>
    (step) =>
      min_lr + ((baseLr - min_lr) * (1 + Math.cos((Math.PI * (step - 1)) / totalSteps))) / 2,
};
