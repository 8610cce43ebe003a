/**
 * What DoG and DoWG share: plain gradient steps w ← w − η_t·(g + λw) whose η_t comes from the largest distance moved
 * so far and from the gradients' norms, and the average of the iterates
 * x̄_t = (1 − c)·x̄_{t−1} + c·w_t, c = (1 + γ)/(t + γ) (Shamir and Zhang, arXiv:1212.1824).
 */
import { type Parameter, readAll } from '../engine/parameters.js';
import { tf } from '../engine/tf.js';
import { compiledUpdate } from './compiled-update.js';
import { OptimizerMemory } from './memory.js';
import type { Optimizer } from './types.js';
import { combine, copyAll } from './updates.js';

export interface DistanceOptions {
  readonly weight_decay: number;
  /** γ of the average of the iterates; null: none is kept. */
  readonly average_gamma: number | null;
}

/** Squared norms over all parameters as one vector. */
export interface Measurement {
  /** ‖w − x₀‖² */
  readonly distance: number;
  /** ‖g + λw‖² */
  readonly gradient: number;
  /** ‖x₀‖², at the first step only */
  readonly initial: number | undefined;
}

/** What a rule carries from step to step, beside `step` (the number of steps done) and the last step size. */
export interface StepSizeState {
  /** The largest distance so far, or its square, as the rule needs it. */
  distance: number;
  /** The sum under the root of the denominator. */
  sum: number;
}

/** @param stepSize η_t for a learning rate; changes `state`, whose numbers are 0 before the first step */
export function createDistanceOverGradients(
  name: string,
  parameters: readonly Parameter[],
  { weight_decay, average_gamma }: DistanceOptions,
  stepSize: (state: StepSizeState, measured: Measurement, learningRate: number) => number,
): Optimizer {
  const averages = average_gamma !== null;
  const memory = new OptimizerMemory<'x0' | 'average', 'step' | 'effective_lr' | 'distance' | 'sum'>(
    parameters,
    averages ? ['x0', 'average'] : ['x0'],
    { step: 0, effective_lr: 0, distance: 0, sum: 0 },
  );
  const { slots, scalars } = memory;
  const weights = parameters.map(({ variable }) => variable);

  const measure = compiledUpdate<'weight' | 'x0', 'decay'>(
    name,
    { weight: weights, x0: slots.x0 },
    (old, g, { decay }) => {
      const gradient = weight_decay > 0 ? tf.add(g, tf.mul(old.weight, decay)) : g;
      return { sums: [tf.sum(tf.square(tf.sub(old.weight, old.x0))), tf.sum(tf.square(gradient))] };
    },
  );

  return {
    step(gradients, lr) {
      const first = scalars.step === 0;
      // Before the first step the slot x0 holds zeros, and ‖w − 0‖ is the norm that is wanted then.
      const [distance, gradient] = measure.apply(gradients, { decay: weight_decay }) as [number, number];
      if (first) copyAll(weights, slots.x0);
      const measured = first
        ? { distance: 0, gradient, initial: distance }
        : { distance, gradient, initial: undefined };
      const eta = stepSize(scalars, measured, lr);
      scalars.effective_lr = eta;
      const t = ++scalars.step;
      combine(weights, 1 - eta * weight_decay, gradients, -eta);
      if (averages) {
        const share = (1 + average_gamma) / (t + average_gamma);
        combine(slots.average, 1 - share, weights, share);
      }
    },
    effectiveLearningRate: () => scalars.effective_lr,
    ...(averages && {
      averagedParameters: () =>
        scalars.step === 0 ? readAll(parameters) : slots.average.map((average) => average.read()),
    }),
    state: () => memory.state(),
    restore: (state) => memory.restore(state),
    dispose() {
      measure.dispose();
      memory.dispose();
    },
  };
}
