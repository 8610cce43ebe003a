import { floatTensor } from '../../engine/raw.js';
import { type Tensor, tf } from '../../engine/tf.js';

/** Added to the score of a key that must not be looked at: its weight becomes exactly 0, and nothing overflows. */
const HIDDEN = 1e9;

/** mask [B, M] (int32: 1 a token, 0 padding) -> what `attention` adds to scores, [B, 1, 1, M]. */
export function paddingMask(mask: Tensor): Tensor {
  const [batch, length] = mask.shape as [number, number];
  return hideWhereZero(mask).reshape([batch, 1, 1, length]);
}

/** Every one of `length` queries sees the `past` keys before them, itself and earlier queries: [1, 1, N, past + N]. */
export function causalMask(length: number, past = 0): Tensor {
  const queries = tf.range(past, past + length, 1, 'int32').reshape([1, 1, length, 1]);
  const keys = tf.range(0, past + length, 1, 'int32').reshape([1, 1, 1, past + length]);
  return hideWhereZero(keys.lessEqual(queries));
}

function hideWhereZero(visible: Tensor): Tensor {
  return visible.cast('float32').sub(floatTensor(1)).mul(floatTensor(HIDDEN));
}
