import { FLOAT, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { type ConvPadding, padImage } from './conv2d.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly stride: number;
  readonly padding: 'SAME' | 'VALID';
}

const attributes = ({ stride, padding }: Attributes) => ({
  T: FLOAT,
  strides: { int: [1, stride, stride, 1] },
  padding,
  data_format: 'NHWC',
});

const run = defineOp<Attributes>({
  name: 'NativeDepthwiseConv2D',
  forward: ([x, kernel], given) => [rawOp1('DepthwiseConv2dNative', [x!, kernel!], attributes(given))],
  saveInputs: [0, 1],
  gradient: ([dy], [x, kernel], given) => ({
    0: () =>
      tf.tidy(() => {
        const shape = tf.tensor1d(x!.shape, 'int32');
        return rawOp1('DepthwiseConv2dNativeBackpropInput', [shape, kernel!, dy!], attributes(given));
      }),
    1: () =>
      tf.tidy(() => {
        const shape = tf.tensor1d(kernel!.shape, 'int32');
        return rawOp1('DepthwiseConv2dNativeBackpropFilter', [x!, shape, dy!], attributes(given));
      }),
  }),
});

/** Convolution of every channel of x [B, H, W, C] with a kernel of its own, [k, k, C, 1]; `padding` as in `conv2d`. */
export function depthwiseConv2d(x: Tensor, kernel: Tensor, stride: number, padding: ConvPadding): Tensor {
  const [padded, mode] = padImage(x, kernel.shape[0]!, stride, padding);
  return run([padded, kernel], { stride, padding: mode })[0]!;
}
