/**
 * AdaGrad (Duchi, Hazan and Singer, JMLR 12, 2011), in PyTorch's form:
 * g' = g + λw; s ← s + g'²; w ← w − η/(1 + (t − 1)ρ) · g'/(√s + ε), t = 1, 2, …
 */
import { z } from 'zod';
import { floatTensor } from '../engine/raw.js';
import { tf } from '../engine/tf.js';
import { addScaledVariable, applyAdagrad, withScalars } from './in-place.js';
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
    return {
      step(gradients, lr) {
        const a = lr / (1 + memory.scalars.step++ * lr_decay);
        withScalars({ a, eps, decay: weight_decay }, (s) => {
          parameters.forEach(({ variable }, i) => {
            const gradient = gradients[i]!;
            const decayed = weight_decay > 0 ? addScaledVariable(gradient, s.decay, variable) : gradient;
            applyAdagrad(variable, memory.slots.sum[i]!, s, decayed);
            if (decayed !== gradient) decayed.dispose();
          });
        });
      },
      state: () => memory.state(),
      restore: (state) => memory.restore(state),
      dispose: () => memory.dispose(),
    };
  },
});
