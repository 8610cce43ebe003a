import { fuse } from '../fuse.js';
import { floatTensor } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly epsilon: number;
}

/** (x − mean) / √(variance + ε) */
const normalised = (x: Tensor, mean: Tensor, inverseDeviation: Tensor) => x.sub(mean).mul(inverseDeviation);

const run = defineOp<Attributes>({
  name: 'NativeLayerNorm',
  // inputs: x [R, F], scale [F], offset [F]; outputs: y [R, F], mean and 1/√(variance + ε) of the rows [R, 1]
  forward: ([x, scale, offset], { epsilon }) =>
    fuse(() =>
      tf.tidy(() => {
        const mean = x!.mean(-1, true);
        const variance = x!.sub(mean).square().mean(-1, true);
        const inverseDeviation = variance.add(floatTensor(epsilon)).rsqrt();
        return [normalised(x!, mean, inverseDeviation).mul(scale!).add(offset!), mean, inverseDeviation];
      }),
    ),
  saveInputs: [0, 1],
  saveOutputs: [1, 2],
  // With n = normalised x and d = dy·scale: dx = (d − mean(d) − n·mean(d·n)) / deviation
  gradient: ([dy], [x, scale, mean, inverseDeviation]) => {
    const [dScale, dOffset] = fuse(() =>
      tf.tidy(() => [dy!.mul(normalised(x!, mean!, inverseDeviation!)).sum(0), dy!.sum(0)]),
    );
    return {
      0: () =>
        fuse(() =>
          tf.tidy(() => {
            const n = normalised(x!, mean!, inverseDeviation!);
            const d = dy!.mul(scale!);
            const along = n.mul(d.mul(n).mean(-1, true));
            return d.sub(d.mean(-1, true)).sub(along).mul(inverseDeviation!);
          }),
        ),
      1: () => dScale!,
      2: () => dOffset!,
    };
  },
});

/** Layer normalisation of x [..., F] over its last axis, times `scale` [F] plus `offset` [F]; Ba et al. 2016. */
export function layerNorm(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number): Tensor {
  const features = x.shape.at(-1)!;
  const rows = x.reshape([-1, features]); // (..., F) -> (R, F)
  return run([rows, scale, offset], { epsilon })[0]!.reshape(x.shape);
}
