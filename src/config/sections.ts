/** The sections of a config that do not depend on a registry. */
import { z } from 'zod';

const stepsPattern = /^([1-9]\d{0,14}) steps?$/;

/** `epoch`, a number of steps (also written `100 steps`), and, where evaluating, `end`. */
const interval = <Word extends string>(...words: readonly Word[]) => {
  const isInterval = (value: unknown) =>
    typeof value === 'string'
      ? words.includes(value as Word) || stepsPattern.test(value)
      : Number.isSafeInteger(value) && (value as number) >= 1;
  return z
    .custom<Word | number | `${number} steps`>(isInterval, {
      error: `must be ${words.join(', ')} or a number of steps such as «100 steps»`,
    })
    .transform((value) => {
      const match = typeof value === 'string' ? stepsPattern.exec(value) : null;
      return (match ? Number(match[1]) : value) as Word | number;
    })
    .describe(`${words.join(' | ')} | <n> steps`);
};

const maxSeed = 2 ** 32 - 1;

const count = z.int().min(1);

const trainShape = {
  epochs: count.optional().describe('passes over the training set'),
  steps: count.optional().describe('training steps; give this or epochs'),
  batch_size: count.describe('examples of one step'),
  micro_batch_size: count
    .nullable()
    .default(null)
    .describe('examples of one pass; the batch is accumulated from several; null: the whole batch at once'),
  seed: z.int().min(0).max(maxSeed).default(0).describe('of initial weights, data order and dropout'),
  precision: z.enum(['float32', 'bf16']).default('float32'),
  grad_clip: z.number().positive().nullable().default(null).describe('largest norm of the whole gradient'),
};

export const trainSchema = z.strictObject(trainShape);
/** One function value has no batch, no passes over data, and needs the digits (its second differences are tiny). */
export const syntheticTrainSchema = z.strictObject({
  ...trainShape,
  batch_size: z.literal(1).default(1),
  micro_batch_size: z.literal(1).nullable().default(null),
  precision: z.enum(['float64', 'float32']).default('float64'),
});

export const evalSchema = z.strictObject({ every: interval('epoch', 'end').default('epoch') });
export const syntheticEvalSchema = z.strictObject({ every: interval('epoch', 'end').default('end') });
export const checkpointSchema = z.strictObject({ every: interval('epoch').default('epoch') });

/** The loss along the update of chosen steps, written to landscape.csv. */
const landscapeSchema = z.strictObject({
  steps: z.array(count).min(1).describe('training steps'),
  points: z
    .array(z.number())
    .min(1)
    .default([-4, -3.5, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2])
    .describe('multiples s of the update −ηg, the loss at w + s·ηg; −1, 0 and 1 are always taken'),
  batch: z.enum(['next', 'same']).default('next').describe('the batch of the next step, or of the gradient'),
});
export type LandscapeOptions = z.output<typeof landscapeSchema>;

export const loggingSchema = z.strictObject({
  tensorboard: z
    .boolean()
    .default(false)
    .describe('also write TensorBoard event files into the run directory'),
  // optional, not null by default: runs without it keep their config.yaml and its hash
  landscape: landscapeSchema
    .optional()
    .describe('{steps: [...]}: the loss along the update of these steps, in landscape.csv'),
});
