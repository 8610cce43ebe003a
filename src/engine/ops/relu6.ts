import { FLOAT, rawOp } from '../raw.js';
import type { Tensor } from '../tf.js';
import { defineOp } from './define-op.js';

const run = defineOp<object>({
  name: 'NativeRelu6',
  forward: ([x]) => rawOp('Relu6', [x!], { T: FLOAT }),
  saveInputs: [],
  saveOutputs: [0],
  gradient: ([dy], [y]) => ({ 0: () => rawOp('Relu6Grad', [dy!, y!], { T: FLOAT })[0]! }),
});

/** min(max(x, 0), 6), any shape. */
export function relu6(x: Tensor): Tensor {
  return run([x], {})[0]!;
}
