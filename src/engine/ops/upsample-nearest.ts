import { FLOAT, rawOp } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { defineOp } from './define-op.js';

interface Attributes {
  readonly height: number;
  readonly width: number;
}

const run = defineOp<Attributes>({
  name: 'NativeUpsampleNearest',
  forward: ([x], { height, width }) =>
    tf.tidy(() => rawOp('ResizeNearestNeighbor', [x!, tf.tensor1d([height, width], 'int32')], OPTIONS)),
  saveInputs: [0],
  gradient: ([dy], [x]) => ({
    0: () =>
      tf.tidy(() => {
        const size = tf.tensor1d(x!.shape.slice(1, 3), 'int32');
        return rawOp('ResizeNearestNeighborGrad', [dy!, size], OPTIONS)[0]!;
      }),
  }),
});

const OPTIONS = { T: FLOAT, align_corners: false, half_pixel_centers: false };

/** x [B, H, W, C] -> [B, height, width, C]; row i comes from row ⌊i·H/height⌋, as PyTorch's `mode='nearest'`. */
export function upsampleNearest(x: Tensor, height: number, width: number): Tensor {
  return run([x], { height, width })[0]!;
}
