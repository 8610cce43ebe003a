import { fuse } from '../fuse.js';
import { FLOAT, floatTensor, INT32, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  /** ε */
  readonly smoothing: number;
}

/*
 * TensorFlow's own op (SparseSoftmaxCrossEntropyWithLogits) computes the derivative along with the loss, needed or not,
 * in several passes. Here the loss takes the logits' maximum and one loop of exponentials, and the derivative, made of
 * the logits again, one more.
 */
const run = defineOp<Attributes>({
  name: 'NativeSmoothedCrossEntropy',
  // outputs: loss [N], negative log-likelihood [N], log ∑ exp [N]
  forward: ([logits, labels], { smoothing }) => {
    const maximum = logits!.max(-1, true);
    const sum = fuse(() => tf.tidy(() => logits!.sub(maximum).exp().sum(-1)));
    return tf.tidy(() => {
      const logSum = sum.log().add(maximum.reshape([-1]));
      const own = ownLogits(logits!, labels!);
      const nll = logSum.sub(own);
      if (smoothing === 0) return [rawOp1('Identity', [nll], { T: FLOAT }), nll, logSum];
      // −mean of the log-probabilities: nll + own logit − mean logit
      const loss = nll.add(own.sub(logits!.mean(-1)).mul(floatTensor(smoothing)));
      return [loss, nll, logSum];
    });
  },
  saveInputs: [0, 1],
  saveOutputs: [2],
  // of the loss: p − ε/V, less 1 − ε at the label; of the nll: p, less 1 at the label
  gradient: ([dLoss, dNll], [logits, labels, logSum], { smoothing }) => ({
    0: () =>
      tf.tidy(() => {
        const [rows, classes] = logits!.shape as [number, number];
        const column = (values: Tensor) => values.reshape([-1, 1]);
        const both = dLoss!.add(dNll!);
        const [sums, scale] = [column(logSum!), column(both)];
        const everywhere = column(dLoss!.mul(floatTensor(-smoothing / classes)));
        const dense = fuse(() => {
          const spread = logits!.sub(sums).exp().mul(scale);
          return smoothing === 0 ? spread : spread.add(everywhere);
        });
        const atLabel = both.sub(dLoss!.mul(floatTensor(smoothing)));
        const bounds = [0, rows, 1].map((value) => tf.scalar(value, 'int32'));
        const row = rawOp1('Range', bounds, { Tidx: INT32 });
        const places = tf.stack([row, labels!], 1); // [N, 2]
        return rawOp1('TensorScatterSub', [dense, places, atLabel], { T: FLOAT, Tindices: INT32 });
      }),
  }),
});

/** Every row's logit at its label: [N, V] and [N] -> [N] */
function ownLogits(logits: Tensor, labels: Tensor): Tensor {
  const attributes = { Tparams: FLOAT, Tindices: INT32, Taxis: INT32, batch_dims: { int: 1 } };
  const axis = tf.scalar(1, 'int32');
  return rawOp1('GatherV2', [logits, labels.expandDims(1), axis], attributes).reshape([-1]);
}

/**
 * Per-example cross-entropy of logits [N, V] against labels [N] (int32) that share `smoothing` ε with all classes
 * evenly: (1 − ε)·nll + ε·mean(−log p), as PyTorch's `label_smoothing`. Natural logarithm.
 *
 * @returns `loss` [N], and `nll` [N], what it is without smoothing
 */
export function smoothedCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  smoothing: number,
): { readonly loss: Tensor; readonly nll: Tensor } {
  const [loss, nll] = run([logits, labels], { smoothing });
  return { loss: loss!, nll: nll! };
}
