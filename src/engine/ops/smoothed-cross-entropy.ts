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
      const own = rawOp1('GatherNd', [logits!, places(labels!)], { Tparams: FLOAT, Tindices: INT32 });
      // −mean of the log-probabilities: nll + own logit − mean logit
      return nll!.add(own.sub(logits!.mean(-1)).mul(floatTensor(smoothing)));
    });
    return [loss, nll!, derivative!];
  },
  saveInputs: [1],
  saveOutputs: [2],
  gradient: ([dLoss, dNll], [labels, derivative], { smoothing }) => ({
    0: () =>
      tf.tidy(() => {
        const shared = dLoss!.mul(floatTensor(smoothing)); // [N]
        const classes = derivative!.shape[1]!;
        const dense = derivative!
          .mul(dLoss!.add(dNll!).expandDims(-1))
          .sub(shared.div(floatTensor(classes)).expandDims(-1));
        const attributes = { T: FLOAT, Tindices: INT32 };
        return rawOp1('TensorScatterAdd', [dense, places(labels!), shared], attributes);
      }),
  }),
});

/** Row and label of every example: [N] -> [N, 2] (int32). */
function places(labels: Tensor): Tensor {
  return tf.stack([tf.range(0, labels.shape[0]!, 1, 'int32'), labels], 1);
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
