/**
 * AdamW (Loshchilov and Hutter, arXiv:1711.05101), in PyTorch's form: w ← w − ηλw, then Adam's step with the gradient
 * as it is.
 */
import { z } from 'zod';
import { createAdam } from './adam.js';
import { betas, epsilon, learningRate, weightDecay } from './options.js';
import { defineOptimizer } from './types.js';

export const adamw = defineOptimizer({
  name: 'adamw',
  description: 'Adam with decoupled weight decay',
  options: z.strictObject({
    lr: learningRate(1e-3),
    betas,
    eps: epsilon(1e-8),
    weight_decay: weightDecay(1e-2, 'decoupled'),
  }),
  stateSize: () => 2,
  create: (parameters, options) => createAdam(parameters, options, 'decoupled'),
});
