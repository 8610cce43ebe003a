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
  const { scalars } = memory;
  const weight = parameters.map(({ variable }) => variable);

  /** The whole update, which does not need the new d; sums: ⟨g, s/(√v + ε)⟩ with the old s and v, ‖s‖₁ with the new. */
  const update = compiledUpdate<
    'weight' | 'exp_avg' | 'exp_avg_sq' | 's',
    'beta1' | 'beta2' | 'root2' | 'intoM' | 'intoV' | 'intoS' | 'eps' | 'decay' | 'shrink'
  >('d-adapt', { weight, ...memory.slots }, (old, g, scalar) => {
    const gradient = couples ? tf.add(g, tf.mul(old.weight, scalar.decay)) : g;
    const oldDenominator = tf.add(tf.sqrt(old.exp_avg_sq), scalar.eps);
    const exp_avg = tf.add(tf.mul(old.exp_avg, scalar.beta1), tf.mul(gradient, scalar.intoM));
    const exp_avg_sq = tf.add(
      tf.mul(old.exp_avg_sq, scalar.beta2),
      tf.mul(tf.square(gradient), scalar.intoV),
    );
    const s = tf.add(tf.mul(old.s, scalar.root2), tf.mul(gradient, scalar.intoS));
    const kept = decouples ? tf.mul(old.weight, scalar.shrink) : old.weight;
    return {
      next: {
        weight: tf.sub(kept, tf.div(exp_avg, tf.add(tf.sqrt(exp_avg_sq), scalar.eps))),
        exp_avg,
        exp_avg_sq,
        s,
      },
      sums: [tf.sum(tf.mul(gradient, tf.div(old.s, oldDenominator))), tf.sum(tf.abs(s))],
    };
  });

  return {
    step(gradients, lr) {
      const t = scalars.step + 1;
      const { d } = scalars;
      const biasCorrection = Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t);
      const a = d * lr * (options.use_bias_correction ? biasCorrection : 1);
      const [dot, norm] = update.apply(gradients, {
        beta1,
        beta2,
        root2,
        intoM: a * (1 - beta1),
        intoV: 1 - beta2,
        intoS: a * (1 - root2),
        eps,
        decay: weight_decay,
        shrink: 1 - weight_decay * a,
      }) as [number, number];
      if (norm === 0) return; // no gradient has been seen yet
      scalars.step = t;
      scalars.effective_lr = d * lr;
      scalars.numerator_weighted = root2 * scalars.numerator_weighted + (1 - root2) * a * dot;
      const estimate = scalars.numerator_weighted / ((1 - root2) * norm);
      scalars.d = Math.max(d, Math.min(estimate, d * growthRate));
    },
    effectiveLearningRate: () => scalars.effective_lr,
    state: () => memory.state(),
    restore: (state) => memory.restore(state),
    dispose() {
      update.dispose();
      memory.dispose();
    },
  };
}
