/**
 * RMSProp (Tieleman and Hinton, Coursera lecture 6.5, 2012; centred: Graves, arXiv:1308.0850), in PyTorch's form:
 * g' = g + λw; v ← αv + (1 − α)g'²; centred: u ← αu + (1 − α)g', else u = 0; d = g'/(√(v − u²) + ε);
 * with momentum b ← μb + d, w ← w − ηb, else w ← w − ηd.
 */
import { z } from 'zod';
import { type Tensor, tf } from '../engine/tf.js';
import { compiledUpdate, type UpdateRule } from './compiled-update.js';
import { OptimizerMemory } from './memory.js';
import { epsilon, learningRate, momentum, weightDecay } from './options.js';
import { defineOptimizer } from './types.js';

type Slot = 'square_avg' | 'grad_avg' | 'momentum_buffer';

export const rmsprop = defineOptimizer({
  name: 'rmsprop',
  description: 'gradient over the root of its averaged squares, optionally centred and with momentum',
  options: z.strictObject({
    lr: learningRate(1e-2),
    alpha: z.number().min(0).lt(1).default(0.99).describe('decay rate of the average of squares'),
    eps: epsilon(1e-8),
    weight_decay: weightDecay(0),
    momentum,
    centered: z
      .boolean()
      .default(false)
      .describe('divide by the standard deviation instead of the root mean square'),
  }),
  stateSize: ({ centered, momentum }) => 1 + (centered ? 1 : 0) + (momentum > 0 ? 1 : 0),
  create(parameters, { alpha, eps, weight_decay, momentum, centered }) {
    const slots: Slot[] = ['square_avg'];
    if (centered) slots.push('grad_avg');
    if (momentum > 0) slots.push('momentum_buffer');
    const memory = new OptimizerMemory<Slot, never>(parameters, slots, {});
    const weights = parameters.map(({ variable }) => variable);

    const rule: UpdateRule<Slot | 'weight', 'lr' | 'alpha' | 'rest' | 'eps' | 'decay' | 'momentum'> = (
      old,
      g,
      s,
    ) => {
      const average = (last: Tensor, value: Tensor) => tf.add(tf.mul(last, s.alpha), tf.mul(value, s.rest));
      const gradient = weight_decay > 0 ? tf.add(g, tf.mul(old.weight, s.decay)) : g;
      const next: Partial<Record<Slot, Tensor>> = {};
      next.square_avg = average(old.square_avg, tf.square(gradient));
      let variance = next.square_avg;
      if (centered) {
        next.grad_avg = average(old.grad_avg, gradient);
        variance = tf.sub(variance, tf.square(next.grad_avg));
      }
      let direction = tf.div(gradient, tf.add(tf.sqrt(variance), s.eps));
      if (momentum > 0) {
        direction = tf.add(tf.mul(old.momentum_buffer, s.momentum), direction);
        next.momentum_buffer = direction;
      }
      return { next: { ...next, weight: tf.sub(old.weight, tf.mul(direction, s.lr)) } };
    };
    const update = compiledUpdate('rmsprop', { weight: weights, ...memory.slots }, rule);

    return {
      step(gradients, lr) {
        update.apply(gradients, { lr, alpha, rest: 1 - alpha, eps, decay: weight_decay, momentum });
      },
      state: () => memory.state(),
      restore: (state) => memory.restore(state),
      dispose() {
        update.dispose();
        memory.dispose();
      },
    };
  },
});
