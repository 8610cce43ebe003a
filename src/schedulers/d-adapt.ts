/**
 * D-Adaptation (arXiv:2301.07733; package dadaptation 3.2): DAdaptSGD over `sgd` with its momentum and weight_decay,
 * DAdaptAdam over `adam` and `adamw` with their betas, eps and weight_decay, decoupled for adamw. Nesterov and
 * dampening are not used. use_bias_correction concerns Adam alone.
 */
import { z } from 'zod';
import { createDAdaptAdam } from '../optimizers/dadapt-adam.js';
import { createDAdaptSgd } from '../optimizers/dadapt-sgd.js';
import {
  adamOptionsOf,
  adaptiveLr,
  d0,
  growthRate,
  sgdOptionsOf,
  useBiasCorrection,
} from './adaptive-options.js';
import type { AdaptiveDefinition } from './types.js';

const options = z.strictObject({
  lr: adaptiveLr,
  use_bias_correction: useBiasCorrection,
  d0,
  growth_rate: growthRate,
});

export const dAdapt: AdaptiveDefinition<typeof options> = {
  kind: 'adaptive',
  name: 'd-adapt',
  description: 'D-Adaptation: SGD or Adam with a learning rate from the estimated distance to the solution',
  options,
  bases: ['sgd', 'adam', 'adamw'],
  stateSize: (base) => (base === 'sgd' ? 2 : 3),
  create(parameters, base, given) {
    if (base.name === 'sgd') return createDAdaptSgd(parameters, { ...sgdOptionsOf(base), ...given });
    return createDAdaptAdam(parameters, {
      ...adamOptionsOf(base),
      ...given,
      decouple: base.name === 'adamw',
    });
  },
};
