import { FLOAT, floatTensor, rawOp } from '../raw.js';
import { currentPrecision, type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly epsilon: number;
}

/** The rows of x [R, F] normalised, without scale and offset. */
const normalise = defineOp<Attributes>({
  name: 'NativeLayerNorm',
  // BatchNorm over [1, rows, features, 1] in NCHW layout: the "channels" are the rows.
  forward: ([x], { epsilon }) => {
    const [rows, features] = x!.shape as [number, number];
    const ones = tf.ones([rows]);
    const zeros = tf.zeros([rows]);
    const none = floatTensor([], [0]);
    const image = x!.reshape([1, rows, features, 1]);
    const outputs = rawOp(
      'FusedBatchNormV3',
      [image, ones, zeros, none, none],
      {
        T: FLOAT,
        U: FLOAT,
        epsilon: { float: epsilon },
        exponential_avg_factor: { float: 1 },
        data_format: 'NCHW',
        is_training: true,
      },
      6,
    );
    const y = outputs[0]!.reshape([rows, features]);
    for (const tensor of [ones, zeros, none, image, outputs[0]!, outputs[1]!, outputs[2]!]) tensor.dispose();
    return [y, outputs[3]!, outputs[4]!, outputs[5]!];
  },
  saveInputs: [0],
  saveOutputs: [1, 2, 3],
  gradient: ([dy], [x, r1, r2, r3], { epsilon }) => ({
    0: () => {
      const [rows, features] = x!.shape as [number, number];
      const image = [1, rows, features, 1];
      return tf.tidy(() => {
        const [dx] = rawOp(
          'FusedBatchNormGradV3',
          [dy!.reshape(image), x!.reshape(image), tf.ones([rows]), r1!, r2!, r3!],
          { T: FLOAT, U: FLOAT, epsilon: { float: epsilon }, data_format: 'NCHW', is_training: true },
          5,
        );
        return dx!.reshape([rows, features]);
      });
    },
  }),
});

/**
 * Layer normalisation of x [..., F] over its last axis, times `scale` [F] plus `offset` [F]; Ba et al. 2016.
 * Runs as `FusedBatchNormV3` with rows as channels, as Keras does it.
 */
export function layerNorm(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number): Tensor {
  const features = x.shape.at(-1)!;
  const rows = x.reshape([-1, features]); // (..., F) -> (R, F)
  const y = currentPrecision() === 'float64' ? composed(rows, epsilon) : normalise([rows], { epsilon })[0]!;
  return y.mul(scale).add(offset).reshape(x.shape);
}

/** `normalise` in small ops: `FusedBatchNormV3` has no kernel in double precision. */
function composed(x: Tensor, epsilon: number): Tensor {
  const centred = x.sub(x.mean(-1, true));
  return centred.mul(centred.square().mean(-1, true).add(floatTensor(epsilon)).rsqrt());
}
