import { FLOAT, floatTensor, INT32, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';

/**
 * Zeroes entries of x with probability `rate` and scales the rest by 1/(1−rate); Srivastava et al. 2014.
 * The mask is a pure function of `seed` [2] (int32), so a recorded graph draws a new one for every seed and a probe
 * with the step's seed sees the step's mask.
 */
export function dropout(x: Tensor, rate: number, seed: Tensor): Tensor {
  if (rate === 0) return x;
  const shape = tf.tensor1d(x.shape, 'int32');
  const uniform = rawOp1('StatelessRandomUniform', [shape, seed], { dtype: FLOAT, T: INT32, Tseed: INT32 });
  const mask = rawOp1('Cast', [uniform.greaterEqual(floatTensor(rate))], {
    SrcT: { type: 'bool' },
    DstT: FLOAT,
    Truncate: false,
  });
  return x.mul(mask.mul(floatTensor(1 / (1 - rate))));
}
