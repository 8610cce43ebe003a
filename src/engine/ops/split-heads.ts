import { FLOAT, INT32, rawOp, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly heads: number;
}

const transpose = (x: Tensor, axes: number[]) =>
  rawOp1('Transpose', [x, tf.tensor1d(axes, 'int32')], { T: FLOAT, Tperm: INT32 });

const run = defineOp<Attributes>({
  name: 'SplitFusedHeads',
  forward: ([qkv], { heads }) =>
    tf.tidy(() => {
      const [batch, length, width] = qkv!.shape as [number, number, number];
      // (B, N, 3·H·d) -> (B, N, 3, H, d) -> (3, B, H, N, d); taking it apart along the first axis copies nothing
      const parts = qkv!.reshape([batch, length, 3, heads, width / 3 / heads]);
      return rawOp(
        'Unpack',
        [transpose(parts, [2, 0, 3, 1, 4])],
        { T: FLOAT, num: { int: 3 }, axis: { int: 0 } },
        3,
      );
    }),
  saveInputs: [],
  gradient: (upstream) => ({
    0: () =>
      tf.tidy(() => {
        const [batch, heads, length, width] = upstream[0]!.shape as [number, number, number, number];
        const parts = rawOp1('Pack', upstream, { T: FLOAT, N: { int: 3 }, axis: { int: 0 } });
        return transpose(parts, [1, 3, 0, 2, 4]).reshape([batch, length, 3 * heads * width]);
      }),
  }),
});

/** Queries, keys and values [B, H, N, d] of their fused projection [B, N, 3·H·d]. */
export function splitFusedHeads(qkv: Tensor, heads: number): [Tensor, Tensor, Tensor] {
  return run([qkv], { heads }) as [Tensor, Tensor, Tensor];
}

/** [B, N, H·d] -> [B, H, N, d] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return x.reshape([batch, length, heads, width / heads]).transpose([0, 2, 1, 3]);
}

/** [B, H, N, d] -> [B, N, H·d] */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return x.transpose([0, 2, 1, 3]).reshape([batch, length, heads * width]);
}
