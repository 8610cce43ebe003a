/**
 * DoG, distance over gradients (Ivgi, Hinder and Carmon, arXiv:2302.12022), as published in the package dog-optimizer
 * 1.0.3: η_t = c · max_{i≤t} ‖w_i − w₀‖ / √(Σ_{i≤t} ‖g_i‖² + ε), with c the learning rate (1).
 * The first distance is reps_rel·(1 + ‖w₀‖), or the first step is init_eta, if given.
 */
import type { Parameter } from '../engine/parameters.js';
import { createDistanceOverGradients, type DistanceOptions } from './distance-over-gradients.js';
import type { Optimizer } from './types.js';

export interface DogOptions extends DistanceOptions {
  readonly reps_rel: number;
  readonly eps: number;
  readonly init_eta: number | null;
}

export function createDog(parameters: readonly Parameter[], options: DogOptions): Optimizer {
  const { reps_rel, eps, init_eta } = options;
  return createDistanceOverGradients(
    'dog',
    parameters,
    options,
    (state, { distance, gradient, initial }, c) => {
      if (initial !== undefined) {
        state.sum = eps;
        if (init_eta === null) state.distance = reps_rel * (1 + Math.sqrt(initial));
      }
      state.distance = Math.max(state.distance, Math.sqrt(distance));
      state.sum += gradient;
      if (initial !== undefined && init_eta !== null) return init_eta;
      return (c * state.distance) / Math.sqrt(state.sum);
    },
  );
}
