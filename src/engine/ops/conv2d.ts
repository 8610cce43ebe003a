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

/** Zeros on every side (PyTorch's rule), or TensorFlow's SAME, which puts the odd one of stride 2 at the end. */
export type ConvPadding = number | 'same';

/**
 * The image to convolve and the padding that remains for the op. Explicit padding attributes are slower than a
 * separate pad.
 */
export function padImage(
  x: Tensor,
  size: number,
  stride: number,
  padding: ConvPadding,
): [Tensor, Attributes['padding']] {
  if (padding === 'same' || (stride === 1 && padding > 0 && size === 2 * padding + 1)) return [x, 'SAME'];
  if (padding === 0) return [x, 'VALID'];
  const sides: [number, number] = [padding, padding];
  return [tf.pad(x, [[0, 0], sides, sides, [0, 0]]), 'VALID'];
}

/** Convolution of x [B, H, W, C] with kernel [k, k, C, N] -> [B, H', W', N]. */
export function conv2d(x: Tensor, kernel: Tensor, stride: number, padding: ConvPadding): Tensor {
  const [padded, mode] = padImage(x, kernel.shape[0]!, stride, padding);
  return run([padded, kernel], { stride, padding: mode })[0]!;
}
