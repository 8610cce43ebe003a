import { floatTensor } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

const run = defineOp<object>({
  name: 'NativeSigmoidCrossEntropy',
  forward: ([x, z]) =>
    tf.tidy(() => {
      const one = floatTensor(1);
      const log = tf.log(one.add(tf.exp(tf.neg(tf.abs(x!)))));
      return [tf.relu(x!).sub(x!.mul(z!)).add(log)];
    }),
  saveInputs: [0, 1],
  gradient: ([dy], [x, z]) => ({ 0: () => tf.tidy(() => tf.sigmoid(x!).sub(z!).mul(dy!)) }),
});

/**
 * −z·log σ(x) − (1 − z)·log(1 − σ(x)) of every element, for logits x and targets z in [0, 1] of the same shape, as
 * PyTorch's `binary_cross_entropy_with_logits` without reduction. Differentiable in the logits.
 */
export function sigmoidCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return run([logits, targets], {})[0]!;
}
