import { FLOAT, INT32, rawOp, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  /** Transpose the last two axes first; costs no pass over memory. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function product(a: Tensor, b: Tensor, { transposeA, transposeB }: Attributes): Tensor[] {
  return a.rank === 2
    ? rawOp('MatMul', [a, b], { T: FLOAT, transpose_a: transposeA, transpose_b: transposeB })
    : rawOp('BatchMatMulV2', [a, b], { T: FLOAT, adj_x: transposeA, adj_y: transposeB });
}

/**
 * From this many summands on, a product with a transposed second factor is slower than a copy of its transpose and a
 * plain product (oneDNN: by a sixth at 1536, a fifth at 3072, nothing below 1024); with few rows the copy costs more.
 */
const LONG_SUM = 1024;
const MANY_ROWS = 256;

function isSlowTransposed(a: Tensor): boolean {
  const [rows, summands] = a.shape as [number, number];
  return a.rank === 2 && summands >= LONG_SUM && rows >= MANY_ROWS;
}

/** bᵀ in memory. Grappler would fold a bare transpose back into the product; it does not look through a reshape. */
function transposed(b: Tensor): Tensor {
  const [rows, columns] = b.shape as [number, number];
  const copy = rawOp1('Transpose', [b, tf.tensor1d([1, 0], 'int32')], { T: FLOAT, Tperm: INT32 });
  return copy.reshape([1, columns, rows]).reshape([columns, rows]);
}

const run = defineOp<Attributes>({
  name: 'NativeMatMul',
  forward: ([a, b], attributes) => product(a!, b!, attributes),
  saveInputs: [0, 1],
  gradient: ([dy], [a, b], { transposeA, transposeB }) => {
    const multiply = (x: Tensor, y: Tensor, flipX: boolean, flipY: boolean) =>
      product(x, y, { transposeA: flipX, transposeB: flipY })[0]!;
    return {
      0: () => {
        if (transposeA) return multiply(b!, dy!, transposeB, true);
        if (!transposeB && isSlowTransposed(dy!)) {
          return tf.tidy(() => multiply(dy!, transposed(b!), false, false));
        }
        return multiply(dy!, b!, false, !transposeB);
      },
      1: () => (transposeB ? multiply(dy!, a!, true, transposeA) : multiply(a!, dy!, !transposeA, false)),
    };
  },
});

/**
 * Matrix products over the last two axes: [..., n, k] · [..., k, m] -> [..., n, m]; leading axes are equal.
 * `options` transposes a factor as it is read.
 */
export function matmul(a: Tensor, b: Tensor, options: Partial<Attributes> = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  return run([a, b], { transposeA, transposeB })[0]!;
}
