/**
 * Adam (Kingma and Ba, arXiv:1412.6980), in PyTorch's form:
 * g' = g + λw; m ← β₁m + (1 − β₁)g'; v ← β₂v + (1 − β₂)g'²; w ← w − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε).
 */
import { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import { OptimizerMemory } from './memory.js';
import { betas, epsilon, learningRate, weightDecay } from './options.js';
import { defineOptimizer, type Optimizer } from './types.js';
import { applyAdam } from './updates.js';

export const adam = defineOptimizer({
  name: 'adam',
  description: 'Adam with coupled weight decay',
  options: z.strictObject({
    lr: learningRate(1e-3),
    betas,
    eps: epsilon(1e-8),
    weight_decay: weightDecay(0),
  }),
  stateSize: () => 2,
  create: (parameters, options) => createAdam(parameters, options, 'coupled'),
});

/** Adam, or with decoupled weight decay AdamW. */
export function createAdam(
  parameters: readonly Parameter[],
  options: { readonly betas: readonly [number, number]; readonly eps: number; readonly weight_decay: number },
  decayKind: 'coupled' | 'decoupled',
): Optimizer {
  const { betas, eps, weight_decay } = options;
  const memory = new OptimizerMemory(parameters, ['exp_avg', 'exp_avg_sq'], { step: 0 });
  const weights = parameters.map(({ variable }) => variable);
  const { exp_avg, exp_avg_sq } = memory.slots;
  return {
    step(gradients, lr) {
      const t = ++memory.scalars.step;
      const root = Math.sqrt(1 - betas[1] ** t);
      applyAdam(weights, exp_avg, exp_avg_sq, gradients, {
        // PyTorch's ε stands beside the corrected root: both sides of the fraction are multiplied by √(1 − β₂ᵗ).
        a: (lr * root) / (1 - betas[0] ** t),
        betas,
        eps: eps * root,
        decay: decayKind === 'coupled' ? weight_decay : 0,
        kept: decayKind === 'decoupled' ? 1 - lr * weight_decay : 1,
      });
    },
    state: () => memory.state(),
    restore: (state) => memory.restore(state),
    dispose: () => memory.dispose(),
  };
}
