import { FLOAT, INT32, rawOp, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly rows: number;
  readonly columns: number;
}

function multiply(
  indices: Tensor,
  values: Tensor,
  dense: Tensor,
  { rows, columns }: Attributes,
  transposed: boolean,
): Tensor {
  return tf.tidy(() => {
    const size = tf.tensor1d([rows, columns], 'int32');
    const shape = rawOp1('Cast', [size], { SrcT: INT32, DstT: { type: 'int64' }, Truncate: false });
    const attributes = { T: FLOAT, Tindices: INT32, adjoint_a: transposed, adjoint_b: false };
    return rawOp('SparseTensorDenseMatMul', [indices, values, shape, dense], attributes)[0]!;
  });
}

const run = defineOp<Attributes>({
  name: 'NativeSparseMatMul',
  forward: ([indices, values, dense], attributes) => [multiply(indices!, values!, dense!, attributes, false)],
  saveInputs: [0, 1],
  gradient: ([dy], [indices, values], attributes) => ({
    2: () => multiply(indices!, values!, dy!, attributes, true),
  }),
});

/**
 * Product of a sparse matrix [rows, K] and `dense` [K, C] -> [rows, C]. Differentiable in `dense` alone.
 *
 * @param indices int32 [n, 2], row and column of each entry; entries of the same place add up
 * @param values [n]
 */
export function sparseMatMul(indices: Tensor, values: Tensor, rows: number, dense: Tensor): Tensor {
  return run([indices, values, dense], { rows, columns: dense.shape[0]! })[0]!;
}
