/**
 * AdaGrad (Duchi, Hazan and Singer, JMLR 12, 2011), in PyTorch's form:
 * g' = g + λw; s ← s + g'²; w ← w − η/(1 + (t − 1)ρ) · g'/(√s + ε), t = 1, 2, …
 */
import { z } from 'zod';
import { floatTensor } from '../engine/raw.js';
import { tf } from '../engine/tf.js';
import { compiledUpdate } from './compiled-update.js';
import { OptimizerMemory } from './memory.js';
import { epsilon, learningRate, weightDecay } from './options.js';
import { defineOptimizer } from './types.js';

export const adagrad = defineOptimizer({
  name: 'adagrad',
  description: 'gradient over the root of its summed squares',
  options: z.strictObject({
    lr: learningRate(1e-2),
    lr_decay: z.number().nonnegative().default(0).describe('ρ: the learning rate falls as 1/(1 + (t − 1)·ρ)'),
    weight_decay: weightDecay(0),
    initial_accumulator_value: z.number().nonnegative().default(0).describe('s before the first step'),
    eps: epsilon(1e-10),
  }),
  stateSize: () => 1,
  create(parameters, { lr_decay, weight_decay, initial_accumulator_value, eps }) {
    const memory = new OptimizerMemory(parameters, ['sum'], { step: 0 });
    if (initial_accumulator_value > 0) {
      for (const sum of memory.slots.sum) {
        tf.tidy(() => sum.assign(tf.add(sum.read(), floatTensor(initial_accumulator_value))));
      }
    }
    const weights = parameters.map(({ variable }) => variable);
    const update = compiledUpdate<'weight' | 'sum', 'a' | 'eps' | 'decay'>(
      'adagrad',
      { weight: weights, sum: memory.slots.sum },
      (old, g, s) => {
        const gradient = weight_decay > 0 ? tf.add(g, tf.mul(old.weight, s.decay)) : g;
        const sum = tf.add(old.sum, tf.square(gradient));
        const direction = tf.div(gradient, tf.add(tf.sqrt(sum), s.eps));
        return { next: { sum, weight: tf.sub(old.weight, tf.mul(direction, s.a)) } };
      },
    );
    return {
      step(gradients, lr) {
        update.apply(gradients, {
          a: lr / (1 + memory.scalars.step++ * lr_decay),
          eps,
          decay: weight_decay,
        });
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
