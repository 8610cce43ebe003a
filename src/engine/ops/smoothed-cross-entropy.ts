import { FLOAT, floatTensor, INT32, rawOp, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  /** ε */
  readonly smoothing: number;
}

const run = defineOp<Attributes>({
  name: 'NativeSmoothedCrossEntropy',
  // outputs: loss [N], negative log-likelihood [N], d nll / d logits [N, V]
  forward: ([logits, labels], { smoothing }) => {
    const attributes = { T: FLOAT, Tlabels: INT32 };
    const [nll, derivative] = rawOp('SparseSoftmaxCrossEntropyWithLogits', [logits!, labels!], attributes, 2);
    const loss = tf.tidy(() => {
      // −mean of the log-probabilities: nll + own logit − mean logit
      const own = ownLogits(logits!, labels!);
      return nll!.add(own.sub(logits!.mean(-1)).mul(floatTensor(smoothing)));
    });
    return [loss, nll!, derivative!];
  },
  saveInputs: [1],
  saveOutputs: [2],
  gradient: ([dLoss, dNll], [labels, derivative], { smoothing }) => ({
    0: () =>
      tf.tidy(() => {
        const classes = derivative!.shape[1]!;
        // ε at the label, less ε/V everywhere
        const others = -smoothing / classes;
        const moved = rawOp1(
          'OneHot',
          [labels!, tf.scalar(classes, 'int32'), floatTensor(smoothing + others), floatTensor(others)],
          { T: FLOAT, TI: INT32, axis: { int: -1 } },
        );
        return derivative!.mul(dLoss!.add(dNll!).expandDims(-1)).add(moved.mul(dLoss!.expandDims(-1)));
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
