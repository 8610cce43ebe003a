import { FLOAT, INT32, rawOp, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  /** V */
  readonly rows: number;
  /** Row that takes no gradient; −1: none. */
  readonly paddingIndex: number;
}

const run = defineOp<Attributes>({
  name: 'NativeEmbedding',
  forward: ([table, ids]) => {
    const axis = tf.scalar(0, 'int32');
    const attributes = { Tparams: FLOAT, Tindices: INT32, Taxis: INT32, batch_dims: { int: 0 } };
    const rows = rawOp('GatherV2', [table!, ids!, axis], attributes);
    axis.dispose();
    return rows;
  },
  saveInputs: [1],
  // dense, as PyTorch's; negative segments are left out
  gradient: ([dy], [ids], { rows, paddingIndex }) => ({
    0: () =>
      tf.tidy(() => {
        const width = dy!.shape.at(-1)!;
        const none = tf.scalar(-1, 'int32');
        const segments =
          paddingIndex < 0 ? ids! : tf.where(ids!.equal(tf.scalar(paddingIndex, 'int32')), none, ids!);
        return rawOp1(
          'UnsortedSegmentSum',
          [dy!.reshape([-1, width]), segments.reshape([-1]), tf.scalar(rows, 'int32')],
          { T: FLOAT, Tindices: INT32, Tnumsegments: INT32 },
        );
      }),
  }),
});

/**
 * Rows of `table` [V, F] by `ids` [...] (int32, 0 to V − 1) -> [..., F].
 *
 * @param paddingIndex row whose gradient is zero, as `padding_idx` of PyTorch's Embedding
 */
export function embedding(table: Tensor, ids: Tensor, paddingIndex = -1): Tensor {
  return run([table, ids], { rows: table.shape[0]!, paddingIndex })[0]!;
}
