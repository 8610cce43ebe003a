import { fuse } from '../fuse.js';
import { floatTensor } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

const SQRT_HALF = Math.SQRT1_2;
/** √(2/π) */
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;
/** Density of the standard normal at 0. */
const DENSITY = 1 / Math.sqrt(2 * Math.PI);

const normalCdf = (x: Tensor): Tensor => {
  const half = floatTensor(0.5);
  return x.mul(floatTensor(SQRT_HALF)).erf().mul(half).add(half);
};

const exact = defineOp<object>({
  name: 'NativeGelu',
  forward: ([x]) => [fuse(() => tf.tidy(() => x!.mul(normalCdf(x!))))],
  saveInputs: [0],
  // d/dx x·Φ(x) = Φ(x) + x·φ(x); Φ is computed again, which is faster than to write and read it
  gradient: ([dy], [x]) => ({
    0: () =>
      fuse(() =>
        tf.tidy(() => {
          const density = x!.square().mul(floatTensor(-0.5)).exp().mul(floatTensor(DENSITY));
          return dy!.mul(normalCdf(x!).add(x!.mul(density)));
        }),
      ),
  }),
});

/** tanh(√(2/π)·(x + 0.044715·x³)) */
const innerTanh = (x: Tensor): Tensor => {
  const cubic = x.square().mul(floatTensor(TANH_SCALE * TANH_CUBIC));
  return cubic.add(floatTensor(TANH_SCALE)).mul(x).tanh();
};

const byTanh = defineOp<object>({
  name: 'NativeGeluTanh',
  forward: ([x]) => [
    fuse(() =>
      tf.tidy(() => {
        const half = floatTensor(0.5);
        return innerTanh(x!).mul(half).add(half).mul(x!);
      }),
    ),
  ],
  saveInputs: [0],
  // With t = tanh(u): dy/dx = ½(1 + t) + ½x(1 − t²)·u′
  gradient: ([dy], [x]) => ({
    0: () =>
      fuse(() =>
        tf.tidy(() => {
          const half = floatTensor(0.5);
          const t = innerTanh(x!);
          const slope = x!
            .square()
            .mul(floatTensor(3 * TANH_SCALE * TANH_CUBIC))
            .add(floatTensor(TANH_SCALE));
          const inner = floatTensor(1).sub(t.square()).mul(slope).mul(x!);
          return dy!.mul(t.add(inner).mul(half).add(half));
        }),
      ),
  }),
});

/**
 * GELU of any shape; Hendrycks & Gimpel 2016. `exact` is x·Φ(x) by the error function, as PyTorch's default;
 * `tanh` its approximation ½x(1 + tanh(√(2/π)(x + 0.044715x³))), as GPT-2 has it.
 */
export function gelu(x: Tensor, form: 'exact' | 'tanh' = 'exact'): Tensor {
  return (form === 'exact' ? exact : byTanh)([x], {})[0]!;
}
