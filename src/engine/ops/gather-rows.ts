import { type Tensor, tf } from '../tf.js';
import { embedding } from './embedding.js';

/** Rows of each example's own table: x [B, T, F], positions int32 [B, M] (0 to T − 1) -> [B, M, F]. */
export function gatherRows(x: Tensor, positions: Tensor): Tensor {
  const [batch, length, features] = x.shape as [number, number, number];
  const starts = tf.range(0, batch * length, length, 'int32').reshape([batch, 1]);
  return embedding(x.reshape([batch * length, features]), positions.add(starts)); // (B·T, F) -> (B, M, F)
}
