/** Which true object an anchor or proposal stands for, and which of them a step learns from. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from '../../random.js';
import { type Boxes, boxCount, boxOverlaps } from './boxes.js';

/** Overlap too small, and neither large nor small: instead of the index of an object. */
const BACKGROUND = -1;
const UNDECIDED = -2;

export interface MatchOptions {
  /** Overlap from which a candidate stands for an object. */
  readonly foreground: number;
  /** Overlap below which it is background. */
  readonly background: number;
  /** Whether every object takes the candidates that overlap it most, be it ever so little. */
  readonly keepBest: boolean;
}

/** For each candidate the object it overlaps most, or `BACKGROUND` or `UNDECIDED`; all background without objects. */
export function matchBoxes(objects: Boxes, candidates: Boxes, options: MatchOptions): Int32Array {
  const count = boxCount(candidates);
  const matches = new Int32Array(count).fill(BACKGROUND);
  const objectCount = boxCount(objects);
  if (objectCount === 0) return matches;
  const overlaps = boxOverlaps(objects, candidates); // [objects, candidates]
  const nearest = new Int32Array(count);
  const foreground = Math.fround(options.foreground);
  const background = Math.fround(options.background);
  for (let i = 0; i < count; i++) {
    for (let o = 1; o < objectCount; o++) {
      if (overlaps[o * count + i]! > overlaps[nearest[i]! * count + i]!) nearest[i] = o;
    }
    const overlap = overlaps[nearest[i]! * count + i]!;
    if (overlap >= foreground) matches[i] = nearest[i]!;
    else if (overlap >= background) matches[i] = UNDECIDED;
  }
  if (options.keepBest) {
    for (let o = 0; o < objectCount; o++) {
      const row = overlaps.subarray(o * count, (o + 1) * count);
      const best = row.reduce((largest, overlap) => Math.max(largest, overlap), Number.NEGATIVE_INFINITY);
      // ties too; and, as torchvision, with the object that the candidate overlaps most, which may be another
      row.forEach((overlap, i) => {
        if (overlap === best) matches[i] = nearest[i]!;
      });
    }
  }
  return matches;
}

/** Chooses `count` of `candidates`. */
export type Sampler = (candidates: Int32Array, count: number) => Int32Array;

/** Draws without replacement, each candidate as likely as any other. */
export function randomSampler(random: RandomGenerator): Sampler {
  return (candidates, count) => {
    const pool = candidates.slice();
    for (let i = 0; i < count; i++) {
      const j = uniformInt(random, i, pool.length - 1);
      [pool[i], pool[j]] = [pool[j]!, pool[i]!];
    }
    return pool.subarray(0, count);
  };
}

export interface SampleOptions {
  /** Candidates to choose in all. */
  readonly size: number;
  /** Largest share of them that stand for objects. */
  readonly positiveShare: number;
}

/** Indices of the chosen candidates, those that stand for objects (matches ≥ 0) and background, ascending each. */
export function sampleMatches(
  matches: Int32Array,
  { size, positiveShare }: SampleOptions,
  sampler: Sampler,
): { readonly positive: Int32Array; readonly negative: Int32Array } {
  const indices = Int32Array.from(matches.keys());
  const positives = indices.filter((i) => matches[i]! >= 0);
  const negatives = indices.filter((i) => matches[i] === BACKGROUND);
  const positiveCount = Math.min(positives.length, Math.floor(size * positiveShare));
  const negativeCount = Math.min(negatives.length, size - positiveCount);
  return {
    positive: sampler(positives, positiveCount).slice().sort(),
    negative: sampler(negatives, negativeCount).slice().sort(),
  };
}
