/**
 * Options of the generalized Newton's method (GeN, arXiv:2407.02772) and its presets. No tensors here: the config is
 * checked with this schema before TensorFlow is loaded.
 */
import { z } from 'zod';

const presetNames = ['authors', 'paper', 'authors-exact'] as const;
type PresetName = (typeof presetNames)[number];

/** Probe points that the parabola is fitted to when none are given. */
const symmetricPoints: readonly number[] = [-1, 0, 1];
/** The one-sided fit knows the slope already and needs one loss beside the one at 0: that of the step itself, w − ηg. */
const oneSidedPoints: readonly number[] = [-1, 0];

/** zod schema of `scheduler` for `name: gen`; a key left out takes the preset's value. */
export const genOptionsSchema = z.strictObject({
  preset: z
    .enum(presetNames)
    .default('authors')
    .describe(
      "authors: next-batch probes, clip 2; paper: Algorithm 1 as printed; authors-exact: the released code's quirks too",
    ),
  lr0: z
    .union([z.number().positive(), z.literal('auto')])
    .nullable()
    .optional()
    .describe('first learning rate; null: optimizer.lr; auto: the exponential search of Appendix C.4.2'),
  phi: z.int().min(1).optional().describe('lazy interval Φ: a probe every phi-th step (8)'),
  gamma: z.number().min(0).lt(1).optional().describe('smoothing γ of the learning rate (0.9)'),
  points: z
    .array(z.number())
    .readonly()
    .optional()
    .describe('probe points in multiples of the last learning rate ([-1, 0, 1]); 0 is required'),
  probe_batch: z
    .enum(['next', 'same', 'split'])
    .optional()
    .describe("batch of the probes: the next one, the gradient's own, or the second half of a split batch"),
  fit: z
    .enum(['parabola', 'one-sided'])
    .optional()
    .describe('one-sided: slope from the gradient, one extra forward pass; needs probe_batch: same'),
  clip: z
    .number()
    .gt(1)
    .nullable()
    .optional()
    .describe('keeps the fitted learning rate within [lr/clip, lr·clip]; null: no limit'),
  min_r2: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .optional()
    .describe('rejects fits with a smaller R²; null: no gate; always 1 with three points'),
  min_z: z
    .number()
    .positive()
    .nullable()
    .optional()
    .describe('rejects fits whose curvature is below min_z of its standard errors; null: no gate'),
  decay: z
    .enum(['none', 'linear', 'cosine'])
    .optional()
    .describe('factor from 1 to 0 over the run on the fitted learning rate'),
  choices: z
    .enum(['kept', 'remade'])
    .optional()
    .describe(
      "where the loss depends on choices made from the weights (a detector's proposals): one set for all probe points, " +
        'so that they lie on one function, or a new set at each',
    ),
});

/** What a config may say. */
export type GenOptionsInput = z.input<typeof genOptionsSchema>;

/** The keys of `scheduler`, every one filled. */
export interface GenSettings {
  readonly preset: PresetName;
  /** First learning rate η₀; null: `optimizer.lr`; auto: searched at the first step. */
  readonly lr0: number | 'auto' | null;
  readonly phi: number;
  readonly gamma: number;
  /** Multiples of η_{t−1} at which the loss is taken; contains 0. */
  readonly points: readonly number[];
  readonly probe_batch: 'next' | 'same' | 'split';
  readonly fit: 'parabola' | 'one-sided';
  readonly clip: number | null;
  readonly min_r2: number | null;
  readonly min_z: number | null;
  readonly decay: 'none' | 'linear' | 'cosine';
  readonly choices: 'kept' | 'remade';
}

/** Settings with what only a preset decides. */
export interface GenOptions extends GenSettings {
  /** twice: the optimizer's moments advance at the probe and again at the step, as in the released code. */
  readonly moments: 'once' | 'twice';
  /** What happens to η when the losses are not finite and nothing can be fitted; halve: as in the released code. */
  readonly failedFit: 'keep' | 'halve';
}

type Preset = Omit<GenOptions, 'preset' | 'lr0' | 'points'>;

const authors: Preset = {
  phi: 8,
  gamma: 0.9,
  probe_batch: 'next',
  fit: 'parabola',
  clip: 2,
  min_r2: 0.99,
  min_z: null,
  decay: 'none',
  choices: 'kept',
  moments: 'once',
  failedFit: 'keep',
};

const presets: Readonly<Record<PresetName, Preset>> = {
  authors,
  paper: { ...authors, probe_batch: 'same', clip: null, min_r2: null },
  'authors-exact': { ...authors, choices: 'remade', moments: 'twice', failedFit: 'halve' },
};

/**
 * Fills what the config leaves out from the preset; keys given beside `preset` override it one by one.
 * Resolving a resolved object again changes nothing.
 */
export function resolveGenOptions(input: GenOptionsInput): GenOptions {
  const preset = input.preset ?? 'authors';
  const base = presets[preset];
  const fit = input.fit ?? base.fit;
  // `?? base` would undo an explicit null, which means «no limit»
  const given = <T>(value: T | undefined, otherwise: T): T => (value === undefined ? otherwise : value);
  return {
    preset,
    lr0: input.lr0 ?? null,
    phi: input.phi ?? base.phi,
    gamma: input.gamma ?? base.gamma,
    points: input.points ?? (fit === 'one-sided' ? oneSidedPoints : symmetricPoints),
    probe_batch: input.probe_batch ?? base.probe_batch,
    fit,
    clip: given(input.clip, base.clip),
    min_r2: given(input.min_r2, base.min_r2),
    min_z: given(input.min_z, base.min_z),
    decay: input.decay ?? base.decay,
    choices: input.choices ?? base.choices,
    moments: base.moments,
    failedFit: base.failedFit,
  };
}

/** The part of the options that a config can state: what the resolved `config.yaml` shows. */
export function genSettings({
  moments: _moments,
  failedFit: _failedFit,
  ...settings
}: GenOptions): GenSettings {
  return settings;
}
