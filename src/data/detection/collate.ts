/** Batches of images of different sizes, as torchvision's GeneralizedRCNNTransform makes them. */
import type { HostBatch } from '../types.js';
import { type DetectionExample, objectBoxes } from './example.js';

export interface CollateOptions {
  /** What the shorter side of an image is resized to, in pixels. */
  readonly minSize: number;
  /** What the longer side must not exceed. */
  readonly maxSize: number;
  /** Sides of the padded batch are multiples of this. */
  readonly sizeDivisible: number;
}

/** ImageNet's statistics of red, green, blue in [0, 1]. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
const f = Math.fround;
const normalise = (value: number, channel: number) =>
  f(f(value) - f(MEAN[channel]!)) / f(DEVIATION[channel]!);
const normalisedBytes = MEAN.map((_, channel) =>
  Float32Array.from({ length: 256 }, (_, byte) => normalise(byte / 255, channel)),
);

/**
 * `image` [B, H, W, 3] float32, normalised, resized and padded with zeros; `image_size` [B, 2], height and width without
 * padding; `box` [B, G, 4] in pixels of the resized image, `label` [B, G], 0 where an image has fewer objects; and
 * `instance` [B, H, W], at every pixel 0 or 1 + the index of the object seen there.
 *
 * @param mirrored which images are mirrored left to right
 */
export function collate(
  examples: readonly DetectionExample[],
  { minSize, maxSize, sizeDivisible }: CollateOptions,
  mirrored: readonly boolean[] = [],
): HostBatch {
  const sizes = examples.map((example) => resizedSize(example, minSize, maxSize));
  const roundUp = (length: number) => Math.ceil(length / sizeDivisible) * sizeDivisible;
  const height = roundUp(Math.max(...sizes.map((size) => size[0])));
  const width = roundUp(Math.max(...sizes.map((size) => size[1])));
  const most = Math.max(1, ...examples.map(({ labels }) => labels.length));
  const batch = examples.length;
  const image = new Float32Array(batch * height * width * 3);
  const instance = new Int32Array(batch * height * width);
  const box = new Float32Array(batch * most * 4);
  const label = new Int32Array(batch * most);
  examples.forEach((example, i) => {
    const size = sizes[i]!;
    const isMirrored = mirrored[i] === true;
    const start = i * height * width;
    resizeImage(example, size, isMirrored, image.subarray(3 * start, 3 * (start + height * width)), width);
    resizeInstances(example, size, isMirrored, instance.subarray(start, start + height * width), width);
    box.set(resizedBoxes(example, size, isMirrored), i * most * 4);
    label.set(example.labels, i * most);
  });
  return {
    image: { shape: [batch, height, width, 3], data: image },
    image_size: { shape: [batch, 2], data: Int32Array.from(sizes.flat()) },
    box: { shape: [batch, most, 4], data: box },
    label: { shape: [batch, most], data: label },
    instance: { shape: [batch, height, width], data: instance },
  };
}

/** Height and width. */
type Size = readonly [number, number];

function resizedSize({ height, width }: DetectionExample, minSize: number, maxSize: number): Size {
  const scale = Math.min(minSize / Math.min(height, width), maxSize / Math.max(height, width));
  return [Math.floor(height * scale), Math.floor(width * scale)];
}

/** The two input positions beside every output position, and the share of the second: half-pixel centres. */
function linearTaps(length: number, newLength: number, isMirrored: boolean) {
  const scale = f(length / newLength);
  const taps = Array.from({ length: newLength }, (_, i) => {
    const at = Math.max(f(f(scale * f(i + 0.5)) - 0.5), 0);
    const low = Math.min(Math.floor(at), length - 1);
    return { low, high: Math.min(low + 1, length - 1), share: f(at - low) };
  });
  if (!isMirrored) return taps;
  return taps.map(({ low, high, share }) => ({ low: length - 1 - low, high: length - 1 - high, share }));
}

/** Bilinear, on normalised values. */
function resizeImage(
  { pixels, height, width }: DetectionExample,
  [newHeight, newWidth]: Size,
  isMirrored: boolean,
  target: Float32Array,
  rowLength: number,
): void {
  const floats =
    pixels instanceof Float32Array ? pixels.map((value, i) => normalise(value, i % 3)) : undefined;
  const rows = linearTaps(height, newHeight, false);
  const columns = linearTaps(width, newWidth, isMirrored);
  for (let y = 0; y < newHeight; y++) {
    const { low: y0, high: y1, share: v } = rows[y]!;
    for (let x = 0; x < newWidth; x++) {
      const { low: x0, high: x1, share: u } = columns[x]!;
      for (let c = 0; c < 3; c++) {
        const table = normalisedBytes[c]!;
        const value = (row: number, column: number) => {
          const at = (row * width + column) * 3 + c;
          return floats ? floats[at]! : table[pixels[at]!]!;
        };
        const upper = (1 - u) * value(y0, x0) + u * value(y0, x1);
        const lower = (1 - u) * value(y1, x0) + u * value(y1, x1);
        target[(y * rowLength + x) * 3 + c] = (1 - v) * upper + v * lower;
      }
    }
  }
}

/** The nearest pixel up and to the left, as PyTorch's `mode='nearest'`. */
function resizeInstances(
  { instances, height, width }: DetectionExample,
  [newHeight, newWidth]: Size,
  isMirrored: boolean,
  target: Int32Array,
  rowLength: number,
): void {
  const scaleY = f(height / newHeight);
  const scaleX = f(width / newWidth);
  const columns = Int32Array.from({ length: newWidth }, (_, x) => {
    const column = Math.min(Math.floor(f(x * scaleX)), width - 1);
    return isMirrored ? width - 1 - column : column;
  });
  for (let y = 0; y < newHeight; y++) {
    const row = Math.min(Math.floor(f(y * scaleY)), height - 1) * width;
    for (let x = 0; x < newWidth; x++) target[y * rowLength + x] = instances[row + columns[x]!]!;
  }
}

function resizedBoxes(
  example: DetectionExample,
  [newHeight, newWidth]: Size,
  isMirrored: boolean,
): Float32Array {
  const { width, height } = example;
  const ratioX = f(newWidth / width);
  const ratioY = f(newHeight / height);
  const boxes = objectBoxes(example);
  for (let i = 0; i < boxes.length; i += 4) {
    const [left, top, right, bottom] = boxes.subarray(i, i + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    // torchvision mirrors edges at the image's width, though masks_to_boxes gave the last pixel, not the edge
    const [first, last] = isMirrored ? [width - right, width - left] : [left, right];
    boxes.set([first * ratioX, top * ratioY, last * ratioX, bottom * ratioY], i);
  }
  return boxes;
}
