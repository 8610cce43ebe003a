/**
 * Boxes against reference boxes, as networks predict them: shifts of the centre in units of the reference's sides, and
 * logarithms of the ratios of the sides (Girshick et al. 2014, arXiv:1311.2524), each times a weight.
 */
import { type Boxes, boxCount } from './boxes.js';

/** Weights of horizontal and vertical shift, width and height. */
export type CoderWeights = readonly [number, number, number, number];

export const RPN_CODER: CoderWeights = [1, 1, 1, 1];
export const ROI_CODER: CoderWeights = [10, 10, 5, 5];

/** Keeps decoded sides below 1000/16 of the reference's. */
const LARGEST_LOG_RATIO = Math.log(1000 / 16);

const f = Math.fround;

/** Encoded `targets` [N, 4] against `references` [N, 4]. */
export function encodeBoxes(targets: Boxes, references: Boxes, weights: CoderWeights): Float32Array {
  const deltas = new Float32Array(targets.length);
  for (let i = 0; i < targets.length; i += 4) {
    for (const axis of [0, 1] as const) {
      const side = f(references[i + axis + 2]! - references[i + axis]!);
      const centre = f(references[i + axis]! + f(0.5 * side));
      const targetSide = f(targets[i + axis + 2]! - targets[i + axis]!);
      const targetCentre = f(targets[i + axis]! + f(0.5 * targetSide));
      deltas[i + axis] = f(weights[axis] * f(targetCentre - centre)) / side;
      deltas[i + axis + 2] = weights[axis === 0 ? 2 : 3] * f(Math.log(f(targetSide / side)));
    }
  }
  return deltas;
}

/**
 * Boxes that `deltas` [N, K, 4] mean against `references` [N, 4] -> [N, K, 4]: K boxes, one a class, for every
 * reference.
 */
export function decodeBoxes(deltas: Float32Array, references: Boxes, weights: CoderWeights): Boxes {
  const boxes = new Float32Array(deltas.length);
  const perReference = deltas.length / boxCount(references);
  for (let i = 0; i < deltas.length; i += 4) {
    const at = Math.floor(i / perReference) * 4;
    for (const axis of [0, 1] as const) {
      const side = f(references[at + axis + 2]! - references[at + axis]!);
      const centre = f(references[at + axis]! + f(0.5 * side));
      const shift = f(deltas[i + axis]! / weights[axis]);
      const logRatio = Math.min(f(deltas[i + axis + 2]! / weights[axis === 0 ? 2 : 3]), f(LARGEST_LOG_RATIO));
      const newCentre = f(f(shift * side) + centre);
      const half = f(0.5 * f(f(Math.exp(logRatio)) * side));
      boxes[i + axis] = newCentre - half;
      boxes[i + axis + 2] = newCentre + half;
    }
  }
  return boxes;
}
