import { FLOAT, rawOp } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly stride: number;
  /** Height and width of the result. */
  readonly height: number;
  readonly width: number;
}

const attributes = (stride: number) => ({
  T: FLOAT,
  strides: { int: [1, stride, stride, 1] },
  padding: 'VALID',
  data_format: 'NHWC',
  use_cudnn_on_gpu: true,
});

const run = defineOp<Attributes>({
  name: 'NativeConv2DTranspose',
  forward: ([x, kernel], { stride, height, width }) =>
    tf.tidy(() => {
      const shape = tf.tensor1d([x!.shape[0]!, height, width, kernel!.shape[2]!], 'int32');
      return rawOp('Conv2DBackpropInput', [shape, kernel!, x!], attributes(stride));
    }),
  saveInputs: [0, 1],
  gradient: ([dy], [x, kernel], { stride }) => ({
    0: () => rawOp('Conv2D', [dy!, kernel!], attributes(stride))[0]!,
    1: () =>
      tf.tidy(() => {
        const shape = tf.tensor1d(kernel!.shape, 'int32');
        return rawOp('Conv2DBackpropFilter', [dy!, shape, x!], attributes(stride))[0]!;
      }),
  }),
});

/**
 * Transposed convolution of x [B, H, W, C] with kernel [k, k, N, C] -> [B, H', W', N],
 * H' = (H − 1)·stride − 2·padding + k, as PyTorch's ConvTranspose2d.
 */
export function conv2dTranspose(x: Tensor, kernel: Tensor, stride: number, padding = 0): Tensor {
  const [, height, width] = x.shape as [number, number, number, number];
  const size = kernel.shape[0]!;
  const full = { stride, height: (height - 1) * stride + size, width: (width - 1) * stride + size };
  const y = run([x, kernel], full)[0]!;
  if (padding === 0) return y;
  return tf.slice(y, [0, padding, padding, 0], [-1, full.height - 2 * padding, full.width - 2 * padding, -1]);
}
