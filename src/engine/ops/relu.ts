import { FLOAT, rawOp } from '../raw.js';
import type { Tensor } from '../tf.js';
import { defineOp } from './define-op.js';

const run = defineOp<object>({
  name: 'NativeRelu',
  forward: ([x]) => rawOp('Relu', [x!], { T: FLOAT }),
  saveInputs: [],
  saveOutputs: [0],
  gradient: ([dy], [y]) => ({ 0: () => rawOp('ReluGrad', [dy!, y!], { T: FLOAT })[0]! }),
});

/** max(x, 0), any shape. Gradient: `ReluGrad` (tfjs composes five ops). */
export function relu(x: Tensor): Tensor {
  return run([x], {})[0]!;
}
