/**
 * DoWG (arXiv:2305.16284; the authors' package dowgopt 0.13): plain gradient steps. From the base optimizer comes
 * weight_decay; its momentum is not used.
 */
import { z } from 'zod';
import { createDowg } from '../optimizers/dowg.js';
import { epsilon } from '../optimizers/options.js';
import { adaptiveLr, averageGamma, sgdOptionsOf } from './adaptive-options.js';
import type { AdaptiveDefinition } from './types.js';

const options = z.strictObject({
  lr: adaptiveLr,
  eps: epsilon(1e-4).describe('added to the denominator; also the first squared distance'),
  average_gamma: averageGamma,
});

export const dowg: AdaptiveDefinition<typeof options> = {
  kind: 'adaptive',
  name: 'dowg',
  description: 'distance over weighted gradients, with averaged iterates evaluated',
  options,
  bases: ['sgd'],
  stateSize: (_, { average_gamma }) => (average_gamma === null ? 1 : 2),
  create: (parameters, base, given) => createDowg(parameters, { ...sgdOptionsOf(base), ...given }),
};
