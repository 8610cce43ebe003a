import { FLOAT, rawOp } from '../raw.js';
import type { Tensor } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly slope: number;
}

const attributes = ({ slope }: Attributes) => ({ T: FLOAT, alpha: { float: slope } });

const run = defineOp<Attributes>({
  name: 'NativeLeakyRelu',
  forward: ([x], given) => rawOp('LeakyRelu', [x!], attributes(given)),
  saveInputs: [0],
  gradient: ([dy], [x], given) => ({ 0: () => rawOp('LeakyReluGrad', [dy!, x!], attributes(given))[0]! }),
});

/** max(x, slope·x) of any shape, for slopes from 0 to 1; Maas et al. 2013. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  return run([x], { slope })[0]!;
}
