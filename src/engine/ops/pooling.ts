import { FLOAT, floatTensor, INT32, rawOp } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly size: number;
  readonly stride: number;
}

const window = ({ size, stride }: Attributes) => ({
  T: FLOAT,
  ksize: { int: [1, size, size, 1] },
  strides: { int: [1, stride, stride, 1] },
  padding: 'VALID',
  data_format: 'NHWC',
});

const maxPoolValid = defineOp<Attributes>({
  name: 'NativeMaxPool',
  forward: ([x], attributes) => rawOp('MaxPool', [x!], window(attributes)),
  saveInputs: [0],
  saveOutputs: [0],
  gradient: ([dy], [x, y], attributes) => ({
    0: () => rawOp('MaxPoolGrad', [x!, y!, dy!], window(attributes))[0]!,
  }),
});

const avgPoolValid = defineOp<Attributes>({
  name: 'NativeAvgPool',
  forward: ([x], attributes) => rawOp('AvgPool', [x!], window(attributes)),
  saveInputs: [0],
  gradient: ([dy], [x], attributes) => ({
    0: () =>
      tf.tidy(() => rawOp('AvgPoolGrad', [tf.tensor1d(x!.shape, 'int32'), dy!], window(attributes))[0]!),
  }),
});

/** Max pooling of x [B, H, W, C] over size × size windows, after `padding` rows of −∞ on each side (PyTorch's rule). */
export function maxPool(x: Tensor, size: number, stride: number, padding = 0): Tensor {
  return maxPoolValid([pad(x, padding, Number.NEGATIVE_INFINITY)], { size, stride })[0]!;
}

/** Mean over size × size windows of x [B, H, W, C], no padding. */
export function avgPool(x: Tensor, size: number, stride: number): Tensor {
  return avgPoolValid([x], { size, stride })[0]!;
}

/** tfjs's gradient of a mean would make ones of the size of x in JavaScript. */
const meanOverImage = defineOp<object>({
  name: 'NativeGlobalAvgPool',
  forward: ([x]) =>
    tf.tidy(() =>
      rawOp('Mean', [x!, tf.tensor1d([1, 2], 'int32')], { T: FLOAT, Tidx: INT32, keep_dims: false }),
    ),
  saveInputs: [0],
  gradient: ([dy], [x]) => ({
    0: () => {
      const [batch, height, width, channels] = x!.shape as [number, number, number, number];
      return tf.tidy(() => {
        const share = dy!.div(floatTensor(height * width)).reshape([batch, 1, 1, channels]);
        return tf.broadcastTo(share, [batch, height, width, channels]);
      });
    },
  }),
});

/** Mean over height and width: [B, H, W, C] -> [B, C]. */
export function globalAvgPool(x: Tensor): Tensor {
  return meanOverImage([x], {})[0]!;
}

function pad(x: Tensor, padding: number, value: number): Tensor {
  if (padding === 0) return x;
  const sides: [number, number] = [padding, padding];
  return tf.pad(x, [[0, 0], sides, sides, [0, 0]], value);
}
