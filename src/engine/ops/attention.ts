import { fuse } from '../fuse.js';
import { FLOAT, floatTensor, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

const product = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean) =>
  rawOp1('BatchMatMulV2', [a, b], { T: FLOAT, adj_x: transposeA, adj_y: transposeB });

/**
 * Of queries; the scores are larger. By a vector: TensorFlow moves a scalar behind the product, and fuses product, scalar
 * and mask into one oneDNN op, which takes a hundred times as long wherever the mask is broadcast.
 */
const scale = (x: Tensor) => {
  const width = x.shape[3]!;
  return x.mul(floatTensor(new Array(width).fill(width ** -0.5), [width]));
};

/**
 * The op with inputs q, k, v, then a mask and dropout's factors where there are any, and outputs O, the weights P
 * before dropout, and q/√d.
 */
function attentionOp(masked: boolean, dropped: boolean) {
  const keepInput = masked ? 4 : 3;
  return defineOp<object>({
    name: `NativeAttention${masked ? 'Masked' : ''}${dropped ? 'Dropped' : ''}`,
    forward: (inputs) =>
      tf.tidy(() => {
        const [q, k, v, mask] = inputs as [Tensor, Tensor, Tensor, Tensor];
        const scaled = scale(q);
        const scores = product(scaled, k, false, true); // (B, H, N, M)
        const weights = rawOp1('Softmax', [masked ? scores.add(mask) : scores], { T: FLOAT });
        const kept = dropped ? weights.mul(inputs[keepInput]!) : weights;
        return [product(kept, v, false, false), weights, scaled];
      }),
    saveInputs: dropped ? [1, 2, keepInput] : [1, 2],
    saveOutputs: [0, 1, 2],
    gradient: ([dO], saved) => {
      const [k, v] = saved as [Tensor, Tensor];
      const [o, weights, scaled] = saved.slice(-3) as [Tensor, Tensor, Tensor];
      const keep = dropped ? saved[2] : undefined;
      // Softmax's gradient is P∘(dP − rowsum(P∘dP)), and that sum is rowsum(O∘dO): over d columns instead of M.
      const dScores = tf.tidy(() => {
        const dKept = product(dO!, v, false, true); // (B, H, N, M)
        const along = fuse(() => tf.tidy(() => o.mul(dO!).sum(-1, true))); // (B, H, N, 1)
        return fuse(() => tf.tidy(() => (keep ? dKept.mul(keep) : dKept).sub(along).mul(weights)));
      });
      return {
        0: () => tf.tidy(() => scale(product(dScores, k, false, false))),
        1: () => {
          const dk = product(dScores, scaled, true, false);
          dScores.dispose(); // tfjs asks for 0 before 1
          return dk;
        },
        2: () => tf.tidy(() => product(keep ? weights.mul(keep) : weights, dO!, true, false)),
      };
    },
  });
}

const ops = {
  plain: attentionOp(false, false),
  masked: attentionOp(true, false),
  dropped: attentionOp(false, true),
  both: attentionOp(true, true),
};

/**
 * softmax(QKᵀ/√d + mask)·V of q [B, H, N, d], k and v [B, H, M, d] -> [B, H, N, d]; Vaswani et al. 2017. Gradients flow
 * to q, k and v.
 *
 * @param options.mask added to the scores; broadcasts to [B, H, N, M]
 * @param options.keep what dropout multiplies the weights with, [B, H, N, M]
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask, keep }: { readonly mask?: Tensor | undefined; readonly keep?: Tensor | undefined } = {},
): Tensor {
  if (mask) return (keep ? ops.both([q, k, v, mask, keep], {}) : ops.masked([q, k, v, mask], {}))[0]!;
  return (keep ? ops.dropped([q, k, v, keep], {}) : ops.plain([q, k, v], {}))[0]!;
}
