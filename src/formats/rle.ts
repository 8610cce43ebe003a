/**
 * Masks as run lengths, the format of COCO's annotations (pycocotools' `mask` module): lengths of runs of zeros and ones
 * in turn, zeros first, down the columns of the image.
 */
import { UsageError } from '../errors.js';

export interface RleMask {
  readonly height: number;
  readonly width: number;
  /** Lengths of the runs; their sum is height · width. */
  readonly counts: readonly number[];
}

/** @param mask [height, width], row after row; anything but 0 belongs to the mask */
export function encodeMask(mask: ArrayLike<number>, height: number, width: number): RleMask {
  const counts: number[] = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let at = x; at < height * width; at += width) {
      if ((mask[at] !== 0) !== inside) {
        counts.push(run);
        run = 0;
        inside = !inside;
      }
      run++;
    }
  }
  counts.push(run);
  return { height, width, counts };
}

/** The mask [height, width], row after row, of 0 and 1. */
export function decodeMask({ height, width, counts }: RleMask): Uint8Array {
  const mask = new Uint8Array(height * width);
  let at = 0;
  counts.forEach((run, i) => {
    for (const end = at + run; at < end; at++) {
      if (i % 2 === 1) mask[(at % height) * width + Math.floor(at / height)] = 1;
    }
  });
  return mask;
}

/** Number of pixels. */
export function maskArea({ counts }: RleMask): number {
  let area = 0;
  for (let i = 1; i < counts.length; i += 2) area += counts[i]!;
  return area;
}

/** Number of pixels that two masks of the same size share. */
export function maskIntersection(a: RleMask, b: RleMask): number {
  let [i, j] = [0, 0];
  let [leftA, leftB] = [a.counts[0] ?? 0, b.counts[0] ?? 0];
  let shared = 0;
  while (i < a.counts.length && j < b.counts.length) {
    const run = Math.min(leftA, leftB);
    if (i % 2 === 1 && j % 2 === 1) shared += run;
    leftA -= run;
    leftB -= run;
    if (leftA === 0) leftA = a.counts[++i] ?? 0;
    if (leftB === 0) leftB = b.counts[++j] ?? 0;
  }
  return shared;
}

const DIGIT_BITS = 5;
const DIGIT_MASK = (1 << DIGIT_BITS) - 1;
const SIGN_BIT = 1 << (DIGIT_BITS - 1);
const MORE_BIT = 1 << DIGIT_BITS;
const FIRST_CHARACTER = 48;

/**
 * The runs as COCO's files hold them: each from the fourth on as the difference from the one but last, in digits of
 * five bits, the lowest first, with a sixth that says whether more follow.
 */
export function compressCounts(counts: readonly number[]): string {
  let text = '';
  counts.forEach((count, i) => {
    let rest = i > 2 ? count - counts[i - 2]! : count;
    for (let more = true; more; ) {
      const digit = rest & DIGIT_MASK;
      rest >>= DIGIT_BITS;
      more = rest !== (digit & SIGN_BIT ? -1 : 0);
      text += String.fromCharCode((more ? digit | MORE_BIT : digit) + FIRST_CHARACTER);
    }
  });
  return text;
}

/** @throws UsageError where the text ends within a number */
export function decompressCounts(text: string): number[] {
  const counts: number[] = [];
  let value = 0;
  let shift = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - FIRST_CHARACTER;
    value |= (digit & DIGIT_MASK) << shift;
    shift += DIGIT_BITS;
    if (digit & MORE_BIT) continue;
    if (digit & SIGN_BIT && shift < 32) value |= -1 << shift;
    counts.push(counts.length > 2 ? value + counts[counts.length - 2]! : value);
    value = 0;
    shift = 0;
  }
  if (shift > 0) throw new UsageError(`run lengths '${text.slice(0, 20)}…' end within a number`);
  return counts;
}
