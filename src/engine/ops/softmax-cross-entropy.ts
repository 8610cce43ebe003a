import { FLOAT, INT32, rawOp } from '../raw.js';
import type { Tensor } from '../tf.js';
import { defineOp } from './define-op.js';

const run = defineOp<object>({
  name: 'NativeSoftmaxCrossEntropy',
  // outputs: loss [B], d loss / d logits [B, K]
  forward: ([logits, labels]) =>
    rawOp('SparseSoftmaxCrossEntropyWithLogits', [logits!, labels!], { T: FLOAT, Tlabels: INT32 }, 2),
  saveInputs: [],
  saveOutputs: [1],
  gradient: ([dy], [derivative]) => ({ 0: () => derivative!.mul(dy!.expandDims(-1)) }),
});

/** Per-example cross-entropy [B] of logits [B, K] against labels [B] (int32), natural logarithm. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return run([logits, labels], {})[0]!;
}
