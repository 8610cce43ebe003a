import { scaledDotProductAttention } from '../../engine/ops/attention.js';
import { dropoutMask } from '../../engine/ops/dropout.js';
import { mergeHeads, splitFusedHeads, splitHeads } from '../../engine/ops/split-heads.js';
import type { Tensor } from '../../engine/tf.js';

export interface AttentionOptions {
  readonly heads: number;
  /**
   * Added to the scores before softmax: 0 where a query may look, a large negative number where not. Broadcasts to
   * [B, heads, N, M], e.g. [B, 1, 1, M] for padding or [1, 1, N, N] for causality.
   */
  readonly mask?: Tensor;
  /** Of the attention weights; `seed` int32 [2], undefined: none (`Scope.dropoutSeed`). */
  readonly dropout?: { readonly rate: number; readonly seed: Tensor | undefined };
}

/**
 * Multi-head scaled dot-product attention softmax(QKᵀ/√d + mask)·V; Vaswani et al. 2017.
 * q [B, N, H·d], k and v [B, M, H·d] -> [B, N, H·d]
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { heads } = options;
  return attendHeads(splitHeads(q, heads), splitHeads(k, heads), splitHeads(v, heads), options);
}

/** `attention` of queries, keys and values from one projection, side by side: [B, N, 3·H·d] -> [B, N, H·d]. */
export function fusedAttention(qkv: Tensor, options: AttentionOptions): Tensor {
  return attendHeads(...splitFusedHeads(qkv, options.heads), options);
}

/** `attention` of heads that are split already: q [B, H, N, d], k and v [B, H, M, d] -> [B, N, H·d] */
export function attendHeads(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask, dropout: dropped }: Omit<AttentionOptions, 'heads'>,
): Tensor {
  const { rate = 0, seed } = dropped ?? {};
  const weightsShape = [...q.shape.slice(0, 3), k.shape[2]!]; // (B, H, N, M)
  const keep = seed && rate > 0 ? dropoutMask(weightsShape, rate, seed) : undefined;
  return mergeHeads(scaledDotProductAttention(q, k, v, { mask, keep })); // (B, H, N, d) -> (B, N, H·d)
}
