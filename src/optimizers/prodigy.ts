/**
 * Prodigy (Mishchenko and Defazio, arXiv:2306.06101, Algorithm 4), as published in the package prodigyopt 1.1.2.
 * With distance estimate d (d₀ at first), learning rate η (1), a = d·η, times Adam's bias correction if asked for:
 *
 *   r ← β₃r + (d/d₀)·a·⟨g, w₀ − w⟩     s ← β₃s + (d/d₀)·a·g   (safeguard_warmup: d in place of a)
 *   m ← β₁m + (1 − β₁)·d·g             v ← β₂v + (1 − β₂)·d²·g²
 *   d̂ = d_coef · r/‖s‖₁                d ← min(max(d, d̂, all earlier d̂), growth_rate · d)
 *   w ← w − λ·a·w − a·m/(√v + d·ε)     with the new d in the denominator and the old one in a
 *
 * (d follows the largest d̂ only where growth_rate lets it: see `nextDistance`.)
 */
import type { Parameter } from '../engine/parameters.js';
import { tf } from '../engine/tf.js';
import { compiledUpdate } from './compiled-update.js';
import { OptimizerMemory } from './memory.js';
import type { Optimizer } from './types.js';
import { applyAdam, copyAll } from './updates.js';

export interface ProdigyOptions {
  readonly betas: readonly [number, number];
  /** null: √β₂ */
  readonly beta3: number | null;
  readonly eps: number;
  readonly weight_decay: number;
  /** true: λ as in AdamW; false: λ·w is added to the gradient. */
  readonly decouple: boolean;
  readonly use_bias_correction: boolean;
  readonly safeguard_warmup: boolean;
  readonly d0: number;
  readonly d_coef: number;
  /** null: d may grow at once. */
  readonly growth_rate: number | null;
}

export function createProdigy(parameters: readonly Parameter[], options: ProdigyOptions): Optimizer {
  const { betas, eps, weight_decay, d0 } = options;
  const beta3 = options.beta3 ?? Math.sqrt(betas[1]);
  const couples = weight_decay > 0 && !options.decouple;
  const decouples = weight_decay > 0 && options.decouple;

  const memory = new OptimizerMemory(parameters, ['exp_avg', 'exp_avg_sq', 's', 'p0'], {
    step: 0,
    d: d0,
    d_max: d0,
    d_numerator: 0,
    effective_lr: d0,
  });
  const { slots, scalars } = memory;
  const weights = parameters.map(({ variable }) => variable);

  /** Updates s; sums: ⟨g, w₀ − w⟩ and ‖s‖₁. */
  const distance = compiledUpdate<'weight' | 'p0' | 's', 'beta3' | 'gain' | 'decay'>(
    'prodigy',
    { weight: weights, p0: slots.p0, s: slots.s },
    (old, g, scalar) => {
      const gradient = couples ? tf.add(g, tf.mul(old.weight, scalar.decay)) : g;
      const s = tf.add(tf.mul(old.s, scalar.beta3), tf.mul(gradient, scalar.gain));
      return {
        next: { s },
        sums: [tf.sum(tf.mul(gradient, tf.sub(old.p0, old.weight))), tf.sum(tf.abs(s))],
      };
    },
  );

  return {
    step(gradients, lr) {
      if (scalars.step === 0) copyAll(weights, slots.p0);
      const t = scalars.step + 1;
      const { d } = scalars;
      const biasCorrection = Math.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t);
      const a = d * lr * (options.use_bias_correction ? biasCorrection : 1);
      const gain = (d / d0) * (options.safeguard_warmup ? d : a);
      const [dot, norm] = distance.apply(gradients, { beta3, gain, decay: weight_decay }) as [number, number];
      if (norm === 0) return; // no gradient has been seen yet
      scalars.step = t;
      scalars.effective_lr = d * lr;
      scalars.d_numerator = beta3 * scalars.d_numerator + (d / d0) * a * dot;
      nextDistance(scalars, (options.d_coef * scalars.d_numerator) / norm, options);

      applyAdam(weights, slots.exp_avg, slots.exp_avg_sq, gradients, {
        a,
        betas,
        eps: scalars.d * eps,
        decay: couples ? weight_decay : 0,
        kept: decouples ? 1 - weight_decay * a : 1,
        gains: [d, d ** 2],
      });
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

/** The first estimate above d₀ is taken whole; afterwards d rises to the largest estimate, by growth_rate at most. */
function nextDistance(
  scalars: { d: number; d_max: number },
  estimate: number,
  { d0, growth_rate }: ProdigyOptions,
): void {
  const d = scalars.d === d0 ? Math.max(scalars.d, estimate) : scalars.d;
  scalars.d_max = Math.max(scalars.d_max, estimate);
  scalars.d = Math.min(scalars.d_max, d * (growth_rate ?? Number.POSITIVE_INFINITY));
}
