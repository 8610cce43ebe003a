/** SignSGD (Bernstein et al., arXiv:1802.04434, Algorithm 1): w ← w − η·sign(g + λw). */
import { z } from 'zod';
import { tf } from '../engine/tf.js';
import { compiledUpdate } from './compiled-update.js';
import { OptimizerMemory } from './memory.js';
import { learningRate, weightDecay } from './options.js';
import { defineOptimizer } from './types.js';

export const signsgd = defineOptimizer({
  name: 'signsgd',
  description: 'sign of the gradient, with coupled weight decay',
  options: z.strictObject({ lr: learningRate(1e-3), weight_decay: weightDecay(0) }),
  stateSize: () => 0,
  create(parameters, { weight_decay }) {
    const memory = new OptimizerMemory(parameters, [], {});
    const weights = parameters.map(({ variable }) => variable);
    const update = compiledUpdate<'weight', 'lr' | 'decay'>('signsgd', { weight: weights }, (old, g, s) => {
      const gradient = weight_decay > 0 ? tf.add(g, tf.mul(old.weight, s.decay)) : g;
      return { next: { weight: tf.sub(old.weight, tf.mul(tf.sign(gradient), s.lr)) } };
    });
    return {
      step(gradients, lr) {
        update.apply(gradients, { lr, decay: weight_decay });
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
