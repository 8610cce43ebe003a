/**
 * Stochastic gradient descent with momentum, in PyTorch's form:
 * g' = g + λw; b ← μb + (1 − τ)g' (b = g' at the first step); w ← w − ηb, or with Nesterov w ← w − η(g' + μb).
 *
 * The buffer is kept as b/(1 − τ), which recurs without the factor: PyTorch's numbers, in place.
 */
import { z } from 'zod';
import { applyMomentum, scale, subtractScaled, subtractScaledVariable, withScalars } from './in-place.js';
import { OptimizerMemory } from './memory.js';
import { learningRate, momentum, weightDecay } from './options.js';
import { defineOptimizer } from './types.js';

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
    const slots = momentum > 0 ? (['momentum_buffer'] as const) : [];
    const memory = new OptimizerMemory<'momentum_buffer', 'step'>(parameters, slots, { step: 0 });
    return {
      step(gradients, lr) {
        const first = memory.scalars.step++ === 0;
        const values = {
          a: first ? lr : lr * (1 - dampening),
          momentum,
          decayedStep: lr * weight_decay,
          decayIntoBuffer: momentum > 0 ? -weight_decay / momentum : 0,
          firstScale: 1 / (1 - dampening),
        };
        withScalars(values, (s) => {
          parameters.forEach(({ variable }, i) => {
            const gradient = gradients[i]!;
            const buffer = memory.slots.momentum_buffer?.[i];
            if (!buffer) {
              if (weight_decay > 0) subtractScaledVariable(variable, s.decayedStep, variable);
              subtractScaled(variable, s.a, gradient);
              return;
            }
            // μ(b + (λ/μ)w) + g = μb + g': decay without a second gradient in memory
            if (weight_decay > 0) subtractScaledVariable(buffer, s.decayIntoBuffer, variable);
            if (weight_decay > 0 && nesterov) subtractScaledVariable(variable, s.decayedStep, variable);
            applyMomentum(variable, buffer, s, gradient, nesterov);
            if (first && dampening > 0) scale(buffer, s.firstScale);
          });
        });
      },
      state: () => memory.state(),
      restore: (state) => memory.restore(state),
      dispose: () => memory.dispose(),
    };
  },
});
