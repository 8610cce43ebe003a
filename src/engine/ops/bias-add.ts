import { FLOAT, rawOp } from '../raw.js';
import type { Tensor } from '../tf.js';
import { defineOp } from './define-op.js';

const run = defineOp<object>({
  name: 'NativeBiasAdd',
  forward: ([x, bias]) => rawOp('BiasAdd', [x!, bias!], { T: FLOAT, data_format: 'NHWC' }),
  saveInputs: [],
  gradient: ([dy]) => ({
    0: () => dy!.clone(),
    1: () => rawOp('BiasAddGrad', [dy!], { T: FLOAT, data_format: 'NHWC' })[0]!,
  }),
});

/** x [..., C] + bias [C]. Gradient of the bias: `BiasAddGrad`. */
export function biasAdd(x: Tensor, bias: Tensor): Tensor {
  return run([x, bias], {})[0]!;
}
