import { FLOAT, rawOp } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
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
  use_cudnn_on_gpu: true,
});

const run = defineOp<Attributes>({
  name: 'NativeConv2D',
  forward: ([x, kernel], given) => rawOp('Conv2D', [x!, kernel!], attributes(given)),
  saveInputs: [0, 1],
  gradient: ([dy], [x, kernel], given) => ({
    0: () =>
      tf.tidy(
        () =>
          rawOp('Conv2DBackpropInput', [tf.tensor1d(x!.shape, 'int32'), kernel!, dy!], attributes(given))[0]!,
      ),
    1: () =>
      tf.tidy(
        () =>
          rawOp(
            'Conv2DBackpropFilter',
            [x!, tf.tensor1d(kernel!.shape, 'int32'), dy!],
            attributes(given),
          )[0]!,
      ),
  }),
});

/**
 * Convolution of x [B, H, W, C] with kernel [k, k, C, N], `padding` zeros on every side (PyTorch's rule; TensorFlow's
 * own SAME is asymmetric for strides above 1). Explicit padding attributes are slower than a separate pad.
 */
export function conv2d(x: Tensor, kernel: Tensor, stride: number, padding: number): Tensor {
  const size = kernel.shape[0]!;
  if (padding === 0) return run([x, kernel], { stride, padding: 'VALID' })[0]!;
  if (stride === 1 && size === 2 * padding + 1) return run([x, kernel], { stride, padding: 'SAME' })[0]!;
  const sides: [number, number] = [padding, padding];
  const padded = tf.pad(x, [[0, 0], sides, sides, [0, 0]]);
  return run([padded, kernel], { stride, padding: 'VALID' })[0]!;
}
