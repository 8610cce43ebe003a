/** From what the region proposal network says of anchors to the boxes that are looked at closely. */
import { decodeBoxes } from './box-coder.js';
import { type Boxes, boxAreas, clipBoxes, gatherBoxes, groupedSuppression, largeBoxes } from './boxes.js';
import type { DetectorOptions } from './options.js';

/** The best anchors of every level of one image. */
export interface Candidates {
  /** Probability of holding an object, [K] */
  readonly scores: Float32Array;
  /** Index of the anchor within its level, [K] */
  readonly anchors: Int32Array;
  /** Encoded boxes, [K, 4] */
  readonly deltas: Float32Array;
  /** How many of the K are of each level, in order. */
  readonly counts: readonly number[];
}

/** Shorter boxes are dropped, in pixels. */
const LEAST_SIDE = 1e-3;

/**
 * Proposals of one image, best first.
 *
 * @param grid anchors of the pyramid
 * @param image height and width, without padding
 */
export function selectProposals(
  { scores, anchors, deltas, counts }: Candidates,
  grid: { readonly boxes: Boxes; readonly counts: readonly number[] },
  image: readonly [number, number],
  training: boolean,
  { proposals }: DetectorOptions,
): Boxes {
  const levels = new Int32Array(scores.length);
  const indices = new Int32Array(scores.length);
  let at = 0;
  let firstAnchor = 0;
  counts.forEach((count, level) => {
    for (let i = 0; i < count; i++, at++) {
      levels[at] = level;
      indices[at] = firstAnchor + anchors[at]!;
    }
    firstAnchor += grid.counts[level]!;
  });
  const boxes = decodeBoxes(deltas, gatherBoxes(grid.boxes, indices), proposals.coder);
  clipBoxes(boxes, ...image);
  const large = largeBoxes(boxes, LEAST_SIDE);
  const largest = gatherBoxes(boxes, large);
  const kept = groupedSuppression(
    largest,
    Float32Array.from(large, (i) => scores[i]!),
    Int32Array.from(large, (i) => levels[i]!),
    proposals.suppressionOverlap,
  );
  const most = training ? proposals.after.training : proposals.after.evaluation;
  return gatherBoxes(largest, kept.subarray(0, most));
}

const CANONICAL_LEVEL = 2;
const EPSILON = 1e-6;

/** The level of the pyramid that each region pools from, by its size: equation 1 of arXiv:1612.03144. */
export function regionLevels(boxes: Boxes, levels: number, canonicalSize: number): Int32Array {
  return Int32Array.from(boxAreas(boxes), (area) => {
    const octaves = Math.fround(Math.log2(Math.fround(Math.sqrt(area) / canonicalSize)));
    const level = Math.floor(Math.fround(Math.fround(CANONICAL_LEVEL + octaves) + Math.fround(EPSILON)));
    return Math.min(Math.max(level, 0), levels - 1);
  });
}
