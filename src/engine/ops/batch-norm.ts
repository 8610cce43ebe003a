import { noteFallback } from '../compile-mode.js';
import { FLOAT, floatTensor, rawOp } from '../raw.js';
import { currentPrecision, type Tensor } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly epsilon: number;
  readonly training: boolean;
}

const run = defineOp<Attributes>({
  name: 'NativeBatchNorm',
  // outputs: y, batch mean, batch variance (unbiased), reserves 1 to 3 for the gradient
  forward: ([x, scale, offset, mean, variance], { epsilon, training }) =>
    rawOp(
      'FusedBatchNormV3',
      [x!, scale!, offset!, mean!, variance!],
      {
        T: FLOAT,
        U: FLOAT,
        epsilon: { float: epsilon },
        exponential_avg_factor: { float: 1 },
        data_format: 'NHWC',
        is_training: training,
      },
      6,
    ),
  saveInputs: [0, 1],
  saveOutputs: [3, 4, 5],
  gradient: ([dy], [x, scale, r1, r2, r3], { epsilon, training }) => {
    // One op gives all three, outside the closures: tfjs tidies away what a closure makes and does not return.
    const [dx, dScale, dOffset] = rawOp(
      'FusedBatchNormGradV3',
      [dy!, x!, scale!, r1!, r2!, r3!],
      { T: FLOAT, U: FLOAT, epsilon: { float: epsilon }, data_format: 'NHWC', is_training: training },
      5,
    );
    return { 0: () => dx!, 1: () => dScale!, 2: () => dOffset! };
  },
});

export interface BatchNormResult {
  readonly y: Tensor;
  /** Mean over the batch, [C]; outside training, the running mean. */
  readonly mean: Tensor;
  /** Unbiased variance over the batch, [C], as PyTorch puts into its running variance. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation of x [B, H, W, C] over B, H and W (`FusedBatchNormV3`), Ioffe & Szegedy 2015.
 * In training the batch's own statistics are used and returned; outside it `runningMean` and `runningVariance` [C].
 */
export function batchNorm(
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  runningMean: Tensor,
  runningVariance: Tensor,
  attributes: Attributes,
): BatchNormResult {
  if (currentPrecision() === 'float64') {
    noteFallback('BatchNorm runs as small ops, because FusedBatchNormV3 has no kernel for float64');
    return composed(x, scale, offset, runningMean, runningVariance, attributes);
  }
  // In training the op takes empty tensors here and returns the batch's plain statistics.
  const given = attributes.training
    ? [floatTensor([], [0]), floatTensor([], [0])]
    : [runningMean, runningVariance];
  const [y, mean, variance] = run([x, scale, offset, ...given], attributes);
  return { y: y!, mean: mean!, variance: variance! };
}

/** The same in small ops: `FusedBatchNormV3` has no kernel in double precision. */
function composed(
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  runningMean: Tensor,
  runningVariance: Tensor,
  { epsilon, training }: Attributes,
): BatchNormResult {
  const mean = training ? x.mean([0, 1, 2]) : runningMean;
  const centred = x.sub(mean);
  const variance = training ? centred.square().mean([0, 1, 2]) : runningVariance;
  const y = centred.mul(variance.add(floatTensor(epsilon)).rsqrt().mul(scale)).add(offset);
  const count = x.size / x.shape[3]!;
  return { y, mean, variance: training ? variance.mul(floatTensor(count / (count - 1))) : variance };
}
