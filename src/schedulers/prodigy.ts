/**
 * Prodigy (arXiv:2306.06101; package prodigyopt 1.1.2). The method brings its own Adam-type update, over `sgd` too.
 * From the base optimizer come weight_decay and, over adam and adamw, betas and eps; the rest of it is not used.
 */
import { z } from 'zod';
import { createProdigy } from '../optimizers/prodigy.js';
import { adamOptionsOf, adaptiveLr, d0, growthRate, useBiasCorrection } from './adaptive-options.js';
import type { AdaptiveDefinition } from './types.js';

const options = z.strictObject({
  lr: adaptiveLr,
  beta3: z.number().min(0).lt(1).nullable().default(null).describe('decay rate of the estimate; null: √β₂'),
  decouple: z.boolean().default(true).describe('weight decay as in AdamW'),
  use_bias_correction: useBiasCorrection,
  safeguard_warmup: z.boolean().default(false).describe('keeps lr out of the denominator of the estimate'),
  d0,
  d_coef: z.number().positive().default(1).describe('factor on the estimate: the knob to tune'),
  growth_rate: growthRate,
});

export const prodigy: AdaptiveDefinition<typeof options> = {
  kind: 'adaptive',
  name: 'prodigy',
  description: 'parameter-free Adam that estimates the distance to the solution',
  options,
  bases: ['sgd', 'adam', 'adamw'],
  stateSize: () => 4,
  create: (parameters, base, given) => createProdigy(parameters, { ...adamOptionsOf(base), ...given }),
};
