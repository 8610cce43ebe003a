/**
 * D-Adapted SGD with momentum (Defazio and Mishchenko, arXiv:2301.07733, Algorithm 4), as published in the package
 * dadaptation 3.2. With distance estimate d (d₀ at first), learning rate η (1), momentum μ, a = d·η/‖g₁‖:
 *
 *   g' = g + λw;  r ← r + a·⟨g', s⟩;  s ← s + a·g'
 *   d̂ = 2r/‖s‖₂;  d ← max(d, min(d̂, growth_rate · d))
 *   w ← μ·w + (1 − μ)·(w₀ − s)
 *
 * ‖g₁‖, the norm of the first gradient, is taken before weight decay.
 */
import type { Parameter } from '../engine/parameters.js';
import { readFloats } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import { compiledUpdate } from './compiled-update.js';
import { OptimizerMemory } from './memory.js';
import type { Optimizer } from './types.js';
import { combine, copyAll } from './updates.js';

export interface DAdaptSgdOptions {
  readonly momentum: number;
  readonly weight_decay: number;
  readonly d0: number;
  /** null: d may grow at once. */
  readonly growth_rate: number | null;
}

export function createDAdaptSgd(parameters: readonly Parameter[], options: DAdaptSgdOptions): Optimizer {
  const { momentum, weight_decay, d0 } = options;
  const growthRate = options.growth_rate ?? Number.POSITIVE_INFINITY;
  const memory = new OptimizerMemory(parameters, ['s', 'x0'], {
    step: 0,
    d: d0,
    g0_norm: 0,
    numerator_weighted: 0,
    effective_lr: d0,
  });
  const { slots, scalars } = memory;
  const weights = parameters.map(({ variable }) => variable);

  /** Updates s; sums: ⟨g', s⟩ with the old s, and ‖s‖² with the new. */
  const distance = compiledUpdate<'weight' | 's', 'a' | 'decay'>(
    'd-adapt',
    { weight: weights, s: slots.s },
    (old, g, scalar) => {
      const gradient = weight_decay > 0 ? tf.add(g, tf.mul(old.weight, scalar.decay)) : g;
      const s = tf.add(old.s, tf.mul(gradient, scalar.a));
      return { next: { s }, sums: [tf.sum(tf.mul(gradient, old.s)), tf.sum(tf.square(s))] };
    },
  );

  return {
    step(gradients, lr) {
      if (scalars.step === 0) {
        copyAll(weights, slots.x0);
        scalars.g0_norm = Math.sqrt(squaredNorm(gradients));
        if (scalars.g0_norm === 0) return; // no gradient has been seen yet
      }
      const { d } = scalars;
      const a = (d * lr) / scalars.g0_norm;
      const [dot, squared] = distance.apply(gradients, { a, decay: weight_decay }) as [number, number];
      scalars.step++;
      scalars.effective_lr = d * lr;
      scalars.numerator_weighted += a * dot;
      const estimate = (2 * scalars.numerator_weighted) / Math.sqrt(squared);
      if (squared > 0) scalars.d = Math.max(d, Math.min(estimate, d * growthRate));

      combine(weights, momentum, slots.x0, 1 - momentum);
      combine(weights, 1, slots.s, momentum - 1);
    },
    effectiveLearningRate: () => scalars.effective_lr,
    state: () => memory.state(),
    restore: (state) => memory.restore(state),
    dispose() {
      distance.dispose();
      memory.dispose();
    },
  };
}

function squaredNorm(tensors: readonly Tensor[]): number {
  const sums = tf.tidy(() => tensors.map((tensor) => tf.sum(tf.square(tensor))));
  let total = 0;
  for (const sum of sums) {
    total += readFloats(sum)[0]!;
    sum.dispose();
  }
  return total;
}
