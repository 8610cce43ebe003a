/**
 * Linear warm-up (Table 8 of the GeN paper; arXiv:1706.02677) in front of any other schedule.
 *
 * With W warm-up steps: η_k = c_min + k(c₀ − c_min)/W for k = 1…W (Table 8, pT = W, t = k: the first step already
 * moves and step W runs at c₀), then the inner schedule as if training began at step W + 1 and had T − W steps.
 */
import { z } from 'zod';
import type { ScheduleDefinition } from './types.js';

const defaultRatio = 0.1;

const warmupOptions = {
  warmup_steps: z.int().nonnegative().nullable().default(null).describe('length of the warm-up in steps'),
  warmup_ratio: z
    .number()
    .nonnegative()
    .lt(1)
    .nullable()
    .default(null)
    .describe('length as a share of the training; 0.1 if neither length is given'),
  warmup_start_lr: z.number().nonnegative().default(0).describe('learning rate that the warm-up starts from'),
};

/** Number of warm-up steps that the options ask for in a run of `totalSteps`. */
export function warmupLength(
  options: { readonly warmup_steps: number | null; readonly warmup_ratio: number | null },
  totalSteps: number,
): number {
  return options.warmup_steps ?? Math.round((options.warmup_ratio ?? defaultRatio) * totalSteps);
}

/** `warmup-<inner>`: takes the options of the inner schedule beside its own. */
export function warmup<Name extends string, Inner extends z.ZodObject>(
  name: `warmup-${Name}`,
  inner: ScheduleDefinition<Inner>,
): ScheduleDefinition {
  return {
    kind: 'schedule',
    name,
    description: `linear warm-up, then ${inner.description}`,
    options: z.strictObject({ ...warmupOptions, ...inner.options.shape }),
    create(options, { baseLr, totalSteps, stepsPerEpoch }) {
      const { warmup_steps, warmup_ratio, warmup_start_lr, ...rest } = options as z.infer<
        z.ZodObject<typeof warmupOptions>
      >;
      const warmupSteps = warmupLength({ warmup_steps, warmup_ratio }, totalSteps);
      const schedule = inner.create(rest as z.infer<Inner>, {
        baseLr,
        totalSteps: Math.max(totalSteps - warmupSteps, 1),
        stepsPerEpoch,
      });
      return (step) =>
        step <= warmupSteps
          ? warmup_start_lr + (step * (baseLr - warmup_start_lr)) / warmupSteps
          : schedule(step - warmupSteps);
    },
  };
}
