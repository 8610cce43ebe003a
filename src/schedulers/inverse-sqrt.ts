import { z } from 'zod';
import { minLr } from './min-lr.js';
import type { ScheduleDefinition } from './types.js';

const options = z.strictObject({ min_lr: minLr });

/** η_k = max(c₀/√k, c_min) («polynomial decay» of the GeN paper's Table 8, second form, with t = k). */
export const inverseSqrt: ScheduleDefinition<typeof options> = {
  kind: 'schedule',
  name: 'inverse-sqrt',
  description: 'lr / √step',
  options,
  create:
    ({ min_lr }, { baseLr }) =>
    (step) =>
      Math.max(baseLr / Math.sqrt(step), min_lr),
};
