import { FLOAT, rawOp } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

const run = defineOp<object>({
  name: 'NativeSoftmax',
  forward: ([x]) => rawOp('Softmax', [x!], { T: FLOAT }),
  saveInputs: [],
  saveOutputs: [0],
  // dx = (dy − Σ dy·y)·y
  gradient: ([dy], [y]) => ({
    0: () => tf.tidy(() => dy!.sub(dy!.mul(y!).sum(-1, true)).mul(y!)),
  }),
});

/** Softmax over the last axis, any leading axes. */
export function softmax(x: Tensor): Tensor {
  return run([x], {})[0]!;
}
