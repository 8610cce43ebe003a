/**
 * Bilinear resizing to the last bit as Pillow does it, and so torchvision's `Resize` of an image: half-pixel centres;
 * for shrinking the triangle filter widens with the scale; first along the rows, then along the columns (Pillow 13
 * begins with the columns where that is cheaper), each result rounded to a grey level, with weights in fixed point.
 */

/** Binary digits of a weight: the sum over weights (which is 1) times the largest byte still fits 31. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/** For each output position the input positions that it mixes, and their weights (which sum to 1). */
interface Taps {
  /** Taps of one output position; positions with fewer have zero weights. */
  readonly count: number;
  /** First input position of each output position. */
  readonly first: Int32Array;
  /** [output length, count], in units of 2^−PRECISION */
  readonly weights: Int32Array;
}

function triangleTaps(inputLength: number, outputLength: number): Taps {
  const scale = inputLength / outputLength;
  const support = Math.max(scale, 1);
  const count = Math.min(Math.ceil(support) * 2 + 1, inputLength);
  const first = new Int32Array(outputLength);
  const weights = new Int32Array(outputLength * count);
  for (let o = 0; o < outputLength; o++) {
    const centre = (o + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(inputLength, Math.trunc(centre + support + 0.5));
    const share = (i: number) => Math.max(0, 1 - Math.abs((i - centre + 0.5) * (1 / support)));
    let sum = 0;
    for (let i = start; i < end; i++) sum += share(i);
    // Where taps are missing at the far end, they come before the first instead, with weight 0: all are in the input.
    first[o] = Math.min(start, inputLength - count);
    const tap = o * count - first[o]!;
    for (let i = start; i < end; i++) weights[tap + i] = Math.trunc(0.5 + (share(i) / sum) * 2 ** PRECISION);
  }
  return { count, first, weights };
}

/** Writes image `source` ([H, W, C] from `sourceOffset`) to `target` ([H', W', C] from `targetOffset`). */
export type Resize = (
  source: Uint8Array,
  sourceOffset: number,
  target: Uint8Array,
  targetOffset: number,
) => void;

/** Makes a function that resizes images of one size to another. */
export function createResizer(
  [height, width, channels]: readonly [number, number, number],
  [newHeight, newWidth]: readonly [number, number],
): Resize {
  const columns = triangleTaps(width, newWidth);
  const rows = triangleTaps(height, newHeight);
  const newRowBytes = newWidth * channels;
  // The input's rows, already at the new width: [height, newWidth, channels].
  const widened = new Uint8Array(height * newRowBytes);
  const sums = new Int32Array(newRowBytes);
  return (source, sourceOffset, target, targetOffset) => {
    let input = source;
    let inputOffset = sourceOffset;
    if (newWidth !== width) {
      for (let y = 0; y < height; y++) {
        widenRow(source, sourceOffset + y * width * channels, channels, columns, widened, y * newRowBytes);
      }
      input = widened;
      inputOffset = 0;
    }
    if (newHeight === height) {
      target.set(input.subarray(inputOffset, inputOffset + height * newRowBytes), targetOffset);
      return;
    }
    for (let y = 0; y < newHeight; y++) {
      mixRows(input, inputOffset, rows, y, sums, target, targetOffset + y * newRowBytes);
    }
  };
}

/** One row at its new width. */
function widenRow(
  source: Uint8Array,
  from: number,
  channels: number,
  { count, first, weights }: Taps,
  target: Uint8Array,
  to: number,
): void {
  let tap = 0;
  for (let x = 0; x < first.length; x++, tap += count) {
    const start = from + first[x]! * channels;
    for (let c = 0; c < channels; c++) {
      let sum = HALF;
      let at = start + c;
      for (let k = 0; k < count; k++, at += channels) {
        sum = (sum + Math.imul(source[at]!, weights[tap + k]!)) | 0;
      }
      target[to++] = sum >> PRECISION;
    }
  }
}

/** Output row `y` as the weighted sum of input rows, three at a time: enlarging takes no more. */
function mixRows(
  input: Uint8Array,
  inputOffset: number,
  { count, first, weights }: Taps,
  y: number,
  sums: Int32Array,
  target: Uint8Array,
  to: number,
): void {
  const rowBytes = sums.length;
  sums.fill(HALF);
  for (let k = 0; k < count; k += 3) {
    const tap = y * count + k;
    const a = inputOffset + (first[y]! + k) * rowBytes;
    const b = k + 1 < count ? a + rowBytes : a;
    const c = k + 2 < count ? b + rowBytes : a;
    const weightA = weights[tap]!;
    const weightB = k + 1 < count ? weights[tap + 1]! : 0;
    const weightC = k + 2 < count ? weights[tap + 2]! : 0;
    for (let i = 0; i < rowBytes; i++) {
      sums[i] =
        (sums[i]! +
          Math.imul(input[a + i]!, weightA) +
          Math.imul(input[b + i]!, weightB) +
          Math.imul(input[c + i]!, weightC)) |
        0;
    }
  }
  for (let i = 0; i < rowBytes; i++) target[to + i] = sums[i]! >> PRECISION;
}
