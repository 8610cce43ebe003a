/**
 * D-Adapted Adam (Defazio and Mishchenko, arXiv:2301.07733, Algorithm 5), as published in the package dadaptation 3.2.
 * With distance estimate d (d₀ at first), learning rate η (1), a = d·η, times Adam's bias correction if asked for:
 *
 *   r ← √β₂·r + (1 − √β₂)·a·⟨g, s/(√v + ε)⟩     with the old s and v
 *   m ← β₁m + (1 − β₁)·a·g;  v ← β₂v + (1 − β₂)·g²;  s ← √β₂·s + (1 − √β₂)·a·g
 *   d̂ = r/((1 − √β₂)·‖s‖₁);  d ← max(d, min(d̂, growth_rate · d))
 *   w ← w − λ·a·w − m/(√v + ε)                   coupled decay instead: g + λw for g throughout
 */
import type { Parameter } from '../engine/parameters.js';
import { tf } from '../engine/tf.js';
import { compiledUpdate } from './compiled-update.js';
import { OptimizerMemory } from './memory.js';
import type { Optimizer } from './types.js';
import { applyAdam } from './updates.js';

export interface DAdaptAdamOptions {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  /** true: λ as in AdamW; false: λ·w is added to the gradient. */
  readonly decouple: boolean;
  readonly use_bias_correction: boolean;
  readonly d0: number;
  /** null: d may grow at once. */
  readonly growth_rate: number | null;
}

export function createDAdaptAdam(parameters: readonly Parameter[], options: DAdaptAdamOptions): Optimizer {
  const { betas, eps, weight_decay, d0 } = options;
  const [beta1, beta2] = betas;
  const root2 = Math.sqrt(beta2);
  const growthRate = options.growth_rate ?? Number.POSITIVE_INFINITY;
  const couples = weight_decay > 0 && !options.decouple;
  const decouples = weight_decay > 0 && options.decouple;

  const memory = new OptimizerMemory(parameters, ['exp_avg', 'exp_avg_sq', 's'], {
    step: 0,
    d: d0,
    numerator_weighted: 0,
    effective_lr: d0,
  });
  const { slots, scalars } = memory;
  const weights = parameters.map(({ variable }) => variable);

  /** Updates s; sums: ⟨g, s/(√v + ε)⟩ with the old s, and ‖s‖₁ with the new. */
  const distance = compiledUpdate<'weight' | 'exp_avg_sq' | 's', 'root2' | 'gain' | 'eps' | 'decay'>(
    'd-adapt',
    { weight: weights, exp_avg_sq: slots.exp_avg_sq, s: slots.s },
    (old, g, scalar) => {
      const gradient = couples ? tf.add(g, tf.mul(old.weight, scalar.decay)) : g;
      const s = tf.add(tf.mul(old.s, scalar.root2), tf.mul(gradient, scalar.gain));
      const preconditioned = tf.div(old.s, tf.add(tf.sqrt(old.exp_avg_sq), scalar.eps));
      return { next: { s }, sums: [tf.sum(tf.mul(gradient, preconditioned)), tf.sum(tf.abs(s))] };
    },
  );

  return {
    step(gradients, lr) {
      const t = scalars.step + 1;
      const { d } = scalars;
      const biasCorrection = Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t);
      const a = d * lr * (options.use_bias_correction ? biasCorrection : 1);
      const [dot, norm] = distance.apply(gradients, {
        root2,
        gain: a * (1 - root2),
        eps,
        decay: weight_decay,
      }) as [number, number];
      if (norm === 0) return; // no gradient has been seen yet
      scalars.numerator_weighted = root2 * scalars.numerator_weighted + (1 - root2) * a * dot;
      const estimate = scalars.numerator_weighted / ((1 - root2) * norm);
      scalars.d = Math.max(d, Math.min(estimate, d * growthRate));

      applyAdam(weights, slots.exp_avg, slots.exp_avg_sq, gradients, {
        a: 1,
        betas,
        eps,
        decay: couples ? weight_decay : 0,
        kept: decouples ? 1 - weight_decay * a : 1,
        gains: [a, 1],
      });
      scalars.step = t;
      scalars.effective_lr = d * lr;
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
