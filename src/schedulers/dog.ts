/**
 * DoG (arXiv:2302.12022; package dog-optimizer 1.0.3, its PolynomialDecayAverager included): plain gradient steps.
 * From the base optimizer comes weight_decay; its momentum is not used.
 */
import { z } from 'zod';
import { createDog } from '../optimizers/dog.js';
import { epsilon } from '../optimizers/options.js';
import { adaptiveLr, averageGamma, sgdOptionsOf } from './adaptive-options.js';
import type { AdaptiveDefinition } from './types.js';

const options = z.strictObject({
  lr: adaptiveLr,
  reps_rel: z
    .number()
    .positive()
    .default(1e-6)
    .describe('first distance is reps_rel·(1 + ‖w₀‖); the authors advise 1e-4 with batch normalisation'),
  eps: epsilon(1e-8),
  init_eta: z.number().positive().nullable().default(null).describe('first step size, instead of reps_rel'),
  average_gamma: averageGamma,
});

export const dog: AdaptiveDefinition<typeof options> = {
  kind: 'adaptive',
  name: 'dog',
  description: 'distance over gradients, with averaged iterates evaluated',
  options,
  bases: ['sgd'],
  stateSize: (_, { average_gamma }) => (average_gamma === null ? 1 : 2),
  create: (parameters, base, given) => createDog(parameters, { ...sgdOptionsOf(base), ...given }),
};
