/**
 * Stochastic gradient descent with momentum, in PyTorch's form:
 * g' = g + λw; b ← μb + (1 − τ)g' (b = g' at the first step); w ← w − ηb, or with Nesterov w ← w − η(g' + μb).
 */
import { z } from 'zod';
import { OptimizerMemory } from './memory.js';
import { learningRate, momentum, weightDecay } from './options.js';
import { defineOptimizer } from './types.js';
import { applyMomentum, combine } from './updates.js';

export const sgd = defineOptimizer({
  name: 'sgd',
  description: 'stochastic gradient descent with momentum, Nesterov, dampening and coupled weight decay',
  options: z
    .strictObject({
      lr: learningRate(1e-3),
      momentum,
      dampening: z
        .number()
        .min(0)
        .lt(1)
        .default(0)
        .describe('τ: the gradient enters the momentum times 1 − τ'),
      nesterov: z.boolean().default(false).describe("Nesterov's momentum"),
      weight_decay: weightDecay(0),
    })
    .refine(({ nesterov, momentum, dampening }) => !nesterov || (momentum > 0 && dampening === 0), {
      path: ['nesterov'],
      error: 'needs momentum > 0 and dampening 0',
    }),
  stateSize: ({ momentum }) => (momentum > 0 ? 1 : 0),
  create(parameters, { momentum, dampening, nesterov, weight_decay }) {
    const weights = parameters.map(({ variable }) => variable);
    const slots = momentum > 0 ? (['momentum_buffer'] as const) : [];
    const memory = new OptimizerMemory<'momentum_buffer', 'step'>(parameters, slots, { step: 0 });
    return {
      step(gradients, lr) {
        const first = memory.scalars.step++ === 0;
        const { momentum_buffer } = memory.slots;
        if (momentum_buffer) {
          const share = first ? 1 : 1 - dampening;
          const scalars = { a: lr, momentum, share, decay: weight_decay, nesterov };
          applyMomentum(weights, momentum_buffer, gradients, scalars);
        } else {
          combine(weights, 1 - lr * weight_decay, gradients, -lr);
        }
      },
      state: () => memory.state(),
      restore: (state) => memory.restore(state),
      dispose: () => memory.dispose(),
    };
  },
});
