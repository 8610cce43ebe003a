/** Masks on the host: targets for the mask head out of true masks, and masks of the image's size out of its results. */
import { MASK_SIZE } from './roi-head.js';

const f = Math.fround;

/** Weights of the pixels that a bin of an axis averages. */
interface AxisBin {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Bins of ROIAlign along an axis with as many samples as the bin has pixels (`sampling_ratio=-1`): each weighs the
 * pixels of its linear interpolations.
 */
function axisBins(start: number, end: number, length: number): AxisBin[] {
  const extent = Math.max(f(end - start), 1);
  const bin = f(extent / MASK_SIZE);
  const samples = Math.ceil(f(extent / MASK_SIZE));
  return Array.from({ length: MASK_SIZE }, (_, i) => {
    const weights = new Map<number, number>();
    const add = (index: number, weight: number) => weights.set(index, (weights.get(index) ?? 0) + weight);
    for (let s = 0; s < samples; s++) {
      const at = f(f(start + f(i * bin)) + f(f((s + 0.5) * bin) / samples));
      if (at < -1 || at > length) continue;
      const position = Math.min(Math.max(at, 0), length - 1);
      const low = Math.floor(position);
      add(low, (1 - (position - low)) / samples);
      add(Math.min(low + 1, length - 1), (position - low) / samples);
    }
    const first = Math.min(...weights.keys(), length);
    const dense = new Float64Array(weights.size === 0 ? 0 : Math.max(...weights.keys()) - first + 1);
    for (const [index, weight] of weights) dense[index - first] = weight;
    return { first, weights: dense };
  });
}

/**
 * The part of a true mask inside a box, [28, 28]: torchvision's `project_masks_on_boxes`.
 *
 * @param instances [height, width], at every pixel the number of the object seen there
 */
export function maskTarget(
  instances: Int32Array,
  [height, width]: readonly [number, number],
  object: number,
  box: ArrayLike<number>,
): Float32Array {
  const columns = axisBins(box[0]!, box[2]!, width);
  const rows = axisBins(box[1]!, box[3]!, height);
  const target = new Float64Array(MASK_SIZE ** 2);
  // Rows that several bins mix are summed over their columns once.
  const sums = new Map<number, Float64Array>();
  const rowSums = (y: number): Float64Array => {
    const known = sums.get(y);
    if (known) return known;
    const result = Float64Array.from(columns, ({ first, weights }) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) {
        if (instances[y * width + first + i] === object) sum += weights[i]!;
      }
      return sum;
    });
    sums.set(y, result);
    return result;
  };
  rows.forEach(({ first, weights }, row) => {
    weights.forEach((weight, i) => {
      if (weight === 0) return;
      const across = rowSums(first + i);
      for (let column = 0; column < MASK_SIZE; column++) {
        target[row * MASK_SIZE + column]! += weight * across[column]!;
      }
    });
  });
  return Float32Array.from(target);
}

/** Zeros around a mask before it is enlarged, as in torchvision. */
const MARGIN = 1;
const PADDED = MASK_SIZE + 2 * MARGIN;

/**
 * A mask at its place in the image, [height, width]: torchvision's `paste_masks_in_image`.
 *
 * @param mask probabilities [28, 28]
 * @param box left, top, right, bottom in the image
 */
export function pasteMask(
  mask: Float32Array,
  box: ArrayLike<number>,
  [height, width]: readonly [number, number],
): Float32Array {
  const padded = new Float32Array(PADDED ** 2);
  for (let y = 0; y < MASK_SIZE; y++) {
    const row = mask.subarray(y * MASK_SIZE, (y + 1) * MASK_SIZE);
    padded.set(row, (y + MARGIN) * PADDED + MARGIN);
  }
  const [left, right] = expand(box[0]!, box[2]!);
  const [top, bottom] = expand(box[1]!, box[3]!);
  const columns = interpolation(Math.max(right - left + 1, 1));
  const rows = interpolation(Math.max(bottom - top + 1, 1));
  const image = new Float32Array(height * width);
  for (let y = Math.max(top, 0); y < Math.min(bottom + 1, height); y++) {
    const { low: y0, high: y1, share: v } = rows(y - top);
    for (let x = Math.max(left, 0); x < Math.min(right + 1, width); x++) {
      const { low: x0, high: x1, share: u } = columns(x - left);
      const upper = (1 - u) * padded[y0 * PADDED + x0]! + u * padded[y0 * PADDED + x1]!;
      const lower = (1 - u) * padded[y1 * PADDED + x0]! + u * padded[y1 * PADDED + x1]!;
      image[y * width + x] = (1 - v) * upper + v * lower;
    }
  }
  return image;
}

/** Edges of the padded mask, in whole pixels. */
function expand(start: number, end: number): [number, number] {
  const half = f(f(f(end - start) * 0.5) * f(PADDED / MASK_SIZE));
  const centre = f(f(end + start) * 0.5);
  return [Math.trunc(f(centre - half)), Math.trunc(f(centre + half))];
}

/** The two entries of the padded mask that pixel `i` of `length` lies between, by half-pixel centres. */
function interpolation(length: number) {
  const scale = f(PADDED / length);
  return (i: number) => {
    const at = Math.max(f(f(scale * f(i + 0.5)) - 0.5), 0);
    const low = Math.min(Math.floor(at), PADDED - 1);
    return { low, high: Math.min(low + 1, PADDED - 1), share: at - low };
  };
}
