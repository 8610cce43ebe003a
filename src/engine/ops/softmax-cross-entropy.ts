import { FLOAT, INT32, rawOp } from '../raw.js';
import type { Tensor } from '../tf.js';
import { defineOp } from './define-op.js';
import { smoothedCrossEntropy } from './smoothed-cross-entropy.js';

const run = defineOp<object>({
  name: 'NativeSoftmaxCrossEntropy',
  // outputs: loss [B], d loss / d logits [B, K]
  forward: ([logits, labels]) =>
    rawOp('SparseSoftmaxCrossEntropyWithLogits', [logits!, labels!], { T: FLOAT, Tlabels: INT32 }, 2),
  saveInputs: [],
  saveOutputs: [1],
  gradient: ([dy], [derivative]) => ({ 0: () => derivative!.mul(dy!.expandDims(-1)) }),
});

/** Classes from which on the loss in loops of our own is faster than TensorFlow's op. */
const MANY_CLASSES = 1024;

/** Per-example cross-entropy [B] of logits [B, K] against labels [B] (int32), natural logarithm. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  if (logits.shape[1]! >= MANY_CLASSES) return smoothedCrossEntropy(logits, labels, 0).loss;
  return run([logits, labels], {})[0]!;
}
