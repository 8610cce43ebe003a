/**
 * Stepwise decay (Table 8 of the GeN paper; ResNet, arXiv:1512.03385): the learning rate is multiplied by `factor`
 * after each milestone, as PyTorch's MultiStepLR: with milestone m, step m is the last at the old learning rate.
 */
import { z } from 'zod';
import type { ScheduleDefinition } from './types.js';

const milestone = z
  .number()
  .positive()
  .refine((value) => value < 1 || Number.isInteger(value), {
    error: 'must be a fraction of the training below 1, or a whole number of steps',
  });

const options = z.strictObject({
  milestones: z
    .array(milestone)
    .min(1)
    .readonly()
    .default([0.5, 0.75])
    .describe('fractions of the training (below 1) or numbers of steps'),
  factor: z.number().positive().max(1).default(0.1).describe('multiplies lr after each milestone'),
});

export const step: ScheduleDefinition<typeof options> = {
  kind: 'schedule',
  name: 'step',
  description: 'lr times factor after each milestone',
  options,
  create({ milestones, factor }, { baseLr, totalSteps }) {
    const lastSteps = milestones.map((value) => (value < 1 ? Math.round(value * totalSteps) : value));
    return (step) => baseLr * factor ** lastSteps.filter((last) => step > last).length;
  },
};
