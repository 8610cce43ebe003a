import { FLOAT, rawOp } from '../raw.js';
import type { Tensor } from '../tf.js';
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

const run = defineOp<Attributes>({
  name: 'NativeMatMul',
  forward: ([a, b], attributes) => product(a!, b!, attributes),
  saveInputs: [0, 1],
  gradient: ([dy], [a, b], { transposeA, transposeB }) => {
    const multiply = (x: Tensor, y: Tensor, flipX: boolean, flipY: boolean) =>
      product(x, y, { transposeA: flipX, transposeB: flipY })[0]!;
    return {
      0: () => (transposeA ? multiply(b!, dy!, transposeB, true) : multiply(dy!, b!, false, !transposeB)),
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
