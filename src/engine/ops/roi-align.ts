import { floatTensor, INT32, rawOp1 } from '../raw.js';
import { type Tensor, tf } from '../tf.js';
import { sparseMatMul } from './sparse-matmul.js';

/** Regions to pool. */
export interface Rois {
  /** [N, 4]: left, top, right, bottom in pixels of the image */
  readonly boxes: Tensor;
  /** int32 [N]: the image in the batch */
  readonly image: Tensor;
  /** int32 [N]: the feature map to pool from */
  readonly level: Tensor;
}

/** A feature map of a pyramid and its size against the image's, e.g. 1/4. */
export interface PyramidLevel {
  /** [B, H, W, C] */
  readonly features: Tensor;
  readonly scale: number;
}

/** Samples of a bin in each direction, as in torchvision's Mask R-CNN. */
const SAMPLES = 2;

/**
 * ROIAlign (He et al. 2017, arXiv:1703.06870) as torchvision's `roi_align(aligned=False, sampling_ratio=2)`: every box
 * is cut into size × size bins, a bin is the mean of 2 × 2 bilinear samples. Every box pools from its own level.
 *
 * Each bin is a weighted sum of 16 pixels, so that pooling is a product with a sparse matrix; its native transpose is
 * the gradient. Differentiable in the features, not in the boxes.
 *
 * @returns [N, size, size, C]
 */
export function roiAlign(levels: readonly PyramidLevel[], rois: Rois, size: number): Tensor {
  const count = rois.boxes.shape[0]!;
  const channels = levels[0]!.features.shape[3]!;
  const rows = count * size * size;
  const { indices, weights } = tf.tidy(() => samplingMatrix(levels, rois, size));
  // ([B, H, W, C], …) -> [all pixels, C]
  const pixels = tf.concat(levels.map(({ features }) => features.reshape([-1, channels])));
  return sparseMatMul(indices, weights, rows, pixels).reshape([count, size, size, channels]);
}

/** Entries of the matrix [N·size·size, all pixels]: 16 a row. */
function samplingMatrix(levels: readonly PyramidLevel[], rois: Rois, size: number) {
  const count = rois.boxes.shape[0]!;
  const heights = levels.map(({ features }) => features.shape[1]!);
  const widths = levels.map(({ features }) => features.shape[2]!);
  const starts = levels.map((_, level) =>
    levels.slice(0, level).reduce((sum, { features }) => sum + features.size / features.shape[3]!, 0),
  );
  const ofLevel = (values: number[]) => pick(tf.tensor1d(values, 'int32'), rois.level);
  const height = ofLevel(heights);
  const width = ofLevel(widths);
  const scale = pick(floatTensor(levels.map((level) => level.scale)), rois.level);
  const [left, top, right, bottom] = tf.split(rois.boxes, 4, 1).map((edge) => edge.mul(scale)) as unknown as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const y = axisSamples(top, bottom, height, size); // [N, size·2·2]
  const x = axisSamples(left, right, width, size);
  const taps = size * SAMPLES * 2;

  const image = rois.image.reshape([-1, 1]);
  const firstPixel = ofLevel(starts).add(image.mul(height).mul(width)); // [N, 1]
  const rowPixel = firstPixel.add(y.index.mul(width)).reshape([count, taps, 1]);
  const columns = rowPixel.add(x.index.reshape([count, 1, taps])); // [N, taps, taps]

  const bins = Int32Array.from({ length: taps }, (_, tap) => Math.floor(tap / (SAMPLES * 2)));
  const bin = tf.tensor1d(bins, 'int32');
  const firstRow = tf.range(0, count, 1, 'int32').mul(tf.scalar(size * size, 'int32'));
  const rows = firstRow
    .reshape([count, 1, 1])
    .add(bin.reshape([1, taps, 1]).mul(tf.scalar(size, 'int32')))
    .add(bin.reshape([1, 1, taps]));

  const share = floatTensor(1 / SAMPLES ** 2);
  const weights = y.weight.reshape([count, taps, 1]).mul(x.weight.mul(share).reshape([count, 1, taps]));
  return {
    indices: tf.stack([rows.reshape([-1]), columns.reshape([-1])], 1),
    weights: weights.reshape([-1]),
  };
}

/** values[indices] as a column, [N, 1]. tfjs's own gather reads the indices on the host. */
function pick(values: Tensor, indices: Tensor): Tensor {
  const attributes = {
    Tparams: { type: values.dtype },
    Tindices: INT32,
    Taxis: INT32,
    batch_dims: { int: 0 },
  };
  return rawOp1('GatherV2', [values, indices, tf.scalar(0, 'int32')], attributes).reshape([-1, 1]);
}

/**
 * The two pixels beside every sample of an axis and their weights, [N, size·2·2] each. Samples more than a pixel
 * outside weigh nothing, others outside are moved to the edge.
 */
function axisSamples(start: Tensor, end: Tensor, length: Tensor, size: number) {
  const one = floatTensor(1);
  const extent = tf.maximum(end.sub(start), one); // [N, 1]
  const bin = extent.div(floatTensor(size));
  const bins = floatTensor(Float32Array.from({ length: size * SAMPLES }, (_, i) => Math.floor(i / SAMPLES)));
  const within = floatTensor(Float32Array.from({ length: size * SAMPLES }, (_, i) => (i % SAMPLES) + 0.5));
  // the order of operations is torchvision's, so that rounding is the same
  const at = start.add(bin.mul(bins)).add(bin.mul(within).div(floatTensor(SAMPLES))); // [N, size·2]
  const floatLength = length.cast('float32');
  const inside = at.greaterEqual(floatTensor(-1)).logicalAnd(at.lessEqual(floatLength)).cast('float32');
  const clamped = tf.maximum(at, floatTensor(0));
  const last = length.sub(tf.scalar(1, 'int32'));
  const low = tf.minimum(clamped.cast('int32'), last);
  const high = tf.minimum(low.add(tf.scalar(1, 'int32')), last);
  const position = tf.minimum(clamped, last.cast('float32'));
  const highShare = position.sub(low.cast('float32'));
  return {
    index: interleave(low, high),
    weight: interleave(one.sub(highShare).mul(inside), highShare.mul(inside)),
  };
}

/** [N, K] and [N, K] -> [N, 2K]: a₀ b₀ a₁ b₁ … */
function interleave(a: Tensor, b: Tensor): Tensor {
  return tf.stack([a, b], 2).reshape([a.shape[0]!, -1]);
}
