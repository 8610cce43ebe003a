/** SignSGD (Bernstein et al., arXiv:1802.04434, Algorithm 1): w ← w − η·sign(g + λw). */
import { z } from 'zod';
import { FLOAT, rawOp1 } from '../engine/raw.js';
import { addScaledVariable, subtractScaled, withScalars } from './in-place.js';
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
    return {
      step(gradients, lr) {
        withScalars({ lr, decay: weight_decay }, (s) => {
          parameters.forEach(({ variable }, i) => {
            const gradient = gradients[i]!;
            const decayed = weight_decay > 0 ? addScaledVariable(gradient, s.decay, variable) : gradient;
            const sign = rawOp1('Sign', [decayed], { T: FLOAT });
            subtractScaled(variable, s.lr, sign);
            sign.dispose();
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
