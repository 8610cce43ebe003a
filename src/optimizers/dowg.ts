/**
 * DoWG, distance over weighted gradients (Khaled, Mishchenko and Jin, arXiv:2305.16284, Algorithm 1), as in the
 * authors' package dowgopt 0.13: r̄²_t = max(ε, max_{i≤t} ‖w_i − w₀‖²); v_t = Σ_{i≤t} r̄²_i·‖g_i‖²;
 * η_t = r̄²_t/(√v_t + ε), times the learning rate (1). Weight decay (λ·w in the gradient) is not in the package.
 */
import type { Parameter } from '../engine/parameters.js';
import { createDistanceOverGradients, type DistanceOptions } from './distance-over-gradients.js';
import type { Optimizer } from './types.js';

export interface DowgOptions extends DistanceOptions {
  readonly eps: number;
}

export function createDowg(parameters: readonly Parameter[], options: DowgOptions): Optimizer {
  const { eps } = options;
  return createDistanceOverGradients('dowg', parameters, options, (state, { distance, gradient }, lr) => {
    state.distance = Math.max(state.distance, distance, eps);
    state.sum += state.distance * gradient;
    return (lr * state.distance) / (Math.sqrt(state.sum) + eps);
  });
}
