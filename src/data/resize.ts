/**
 * Bilinear resizing with half-pixel centres, as torchvision's `Resize` does it: for enlarging this is
 * `F.interpolate(mode='bilinear', align_corners=False)`; for shrinking the triangle filter widens with the
 * scale (Pillow, `antialias=True`). Unlike Pillow, results are not rounded to whole grey levels.
 */

/** For each output position the input positions that it mixes, and their weights (which sum to 1). */
interface Taps {
  /** Taps of one output position; positions with fewer have zero weights. */
  readonly count: number;
  /** [output length, count] */
  readonly indices: Int32Array;
  /** [output length, count] */
  readonly weights: Float32Array;
}

function triangleTaps(inputLength: number, outputLength: number): Taps {
  const scale = inputLength / outputLength;
  const support = Math.max(scale, 1);
  const count = Math.ceil(support) * 2 + 1;
  const indices = new Int32Array(outputLength * count);
  const weights = new Float32Array(outputLength * count);
  for (let o = 0; o < outputLength; o++) {
    const centre = (o + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(inputLength, Math.floor(centre + support + 0.5));
    const triangle = (i: number) => Math.max(0, 1 - Math.abs(i + 0.5 - centre) / support);
    let sum = 0;
    for (let i = first; i < end; i++) sum += triangle(i);
    for (let k = 0; k < count; k++) {
      const i = first + k;
      indices[o * count + k] = Math.min(i, inputLength - 1);
      weights[o * count + k] = i < end ? triangle(i) / sum : 0;
    }
  }
  return { count, indices, weights };
}

/**
 * Makes a function that resizes images of one size to another and maps their bytes to numbers on the way.
 * @param table the number of each of the 256 byte values; resizing is linear, so it may come first
 * @returns writes image `source` ([H, W, C] bytes from `sourceOffset`) to `target` ([H', W', C] from `targetOffset`)
 */
export function createResizer(
  [height, width, channels]: readonly [number, number, number],
  [newHeight, newWidth]: readonly [number, number],
  table: Float32Array,
): (source: Uint8Array, sourceOffset: number, target: Float32Array, targetOffset: number) => void {
  const columns = triangleTaps(width, newWidth);
  const rows = triangleTaps(height, newHeight);
  const rowLength = newWidth * channels;
  // The input's rows, already at the new width: [height, newWidth, channels].
  const widened = new Float32Array(height * rowLength);
  return (source, sourceOffset, target, targetOffset) => {
    widened.fill(0);
    for (let y = 0; y < height; y++) {
      const from = sourceOffset + y * width * channels;
      for (let x = 0; x < newWidth; x++) {
        const to = y * rowLength + x * channels;
        for (let k = 0; k < columns.count; k++) {
          const weight = columns.weights[x * columns.count + k]!;
          if (weight === 0) continue;
          const pixel = from + columns.indices[x * columns.count + k]! * channels;
          for (let c = 0; c < channels; c++) widened[to + c]! += weight * table[source[pixel + c]!]!;
        }
      }
    }
    for (let y = 0; y < newHeight; y++) {
      const to = targetOffset + y * rowLength;
      mixRows(widened, rows, y, rowLength, target, to);
    }
  };
}

/** Output row `y` as the weighted sum of input rows. Enlarging takes two: one pass does both. */
function mixRows(
  input: Float32Array,
  { count, indices, weights }: Taps,
  y: number,
  rowLength: number,
  target: Float32Array,
  to: number,
): void {
  const tap = y * count;
  const first = indices[tap]! * rowLength;
  const second = indices[tap + 1]! * rowLength;
  const firstWeight = weights[tap]!;
  const secondWeight = weights[tap + 1]!;
  for (let i = 0; i < rowLength; i++) {
    target[to + i] = firstWeight * input[first + i]! + secondWeight * input[second + i]!;
  }
  for (let k = tap + 2; k < tap + count; k++) {
    const weight = weights[k]!;
    if (weight === 0) continue;
    const from = indices[k]! * rowLength;
    for (let i = 0; i < rowLength; i++) target[to + i]! += weight * input[from + i]!;
  }
}
