import { fuse } from '../fuse.js';
import { FLOAT, floatTensor, INT32, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';

/**
 * What dropout multiplies entries with: 0 with probability `rate`, else 1/(1−rate). A pure function of `seed` [2]
 * (int32), so a recorded graph draws a new mask for every seed and a probe with the step's seed sees the step's mask.
 */
export function dropoutMask(shape: readonly number[], rate: number, seed: Tensor): Tensor {
  const uniform = rawOp1('StatelessRandomUniform', [tf.tensor1d([...shape], 'int32'), seed], {
    dtype: FLOAT,
    T: INT32,
    Tseed: INT32,
  });
  return fuse(() => {
    const kept = rawOp1('Cast', [uniform.greaterEqual(floatTensor(rate))], {
      SrcT: { type: 'bool' },
      DstT: FLOAT,
      Truncate: false,
    });
    return kept.mul(floatTensor(1 / (1 - rate)));
  });
}

/** Zeroes entries of x with probability `rate` and scales the rest by 1/(1−rate); Srivastava et al. 2014. */
export function dropout(x: Tensor, rate: number, seed: Tensor): Tensor {
  return rate === 0 ? x : x.mul(dropoutMask(x.shape, rate, seed));
}
