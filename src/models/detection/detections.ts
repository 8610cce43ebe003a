import { decodeBoxes } from './box-coder.js';
import { type Boxes, clipBoxes, gatherBoxes, groupedSuppression, largeBoxes } from './boxes.js';
import type { DetectorOptions } from './options.js';

/** What the box head says of one image's proposals. */
export interface RegionScores {
  /** [R, 4] */
  readonly proposals: Boxes;
  /** Probabilities of classes, [R, K]; class 0 is the background */
  readonly scores: Float32Array;
  /** Encoded boxes, [R, K, 4] */
  readonly deltas: Float32Array;
  /** K */
  readonly numClasses: number;
}

/** Detections with shorter sides are dropped, in pixels. */
const LEAST_SIDE = 1e-2;

/** Detections of one image, best first: torchvision's `postprocess_detections`. */
export function selectDetections(
  { proposals, scores, deltas, numClasses }: RegionScores,
  image: readonly [number, number],
  { regions }: DetectorOptions,
): { readonly boxes: Boxes; readonly labels: Int32Array; readonly scores: Float32Array } {
  const decoded = decodeBoxes(deltas, proposals, regions.coder); // [R, K, 4]
  clipBoxes(decoded, ...image);
  // every class of every proposal is a candidate
  const likely = Int32Array.from(scores.keys()).filter(
    (i) => i % numClasses > 0 && scores[i]! > Math.fround(regions.score),
  );
  const likelyBoxes = gatherBoxes(decoded, likely);
  const large = largeBoxes(likelyBoxes, LEAST_SIDE);
  const boxes = gatherBoxes(likelyBoxes, large);
  const labels = large.map((i) => likely[i]! % numClasses);
  const ownScores = Float32Array.from(large, (i) => scores[likely[i]!]!);
  const kept = groupedSuppression(boxes, ownScores, labels, regions.suppressionOverlap).subarray(
    0,
    regions.detections,
  );
  return {
    boxes: gatherBoxes(boxes, kept),
    labels: kept.map((i) => labels[i]!),
    scores: Float32Array.from(kept, (i) => ownScores[i]!),
  };
}
