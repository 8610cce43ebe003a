/**
 * Boxes on the host, as torchvision computes them: left, top, right, bottom in pixels, four numbers a box in one array.
 * Every operation rounds to float32 in torchvision's order, since overlaps are compared with each other and with
 * thresholds.
 */

/** [N, 4] */
export type Boxes = Float32Array;

const f = Math.fround;

export function boxCount(boxes: Boxes): number {
  return boxes.length / 4;
}

export function boxAreas(boxes: Boxes): Float32Array {
  return Float32Array.from({ length: boxCount(boxes) }, (_, i) => {
    const width = f(boxes[4 * i + 2]! - boxes[4 * i]!);
    return f(width * f(boxes[4 * i + 3]! - boxes[4 * i + 1]!));
  });
}

/** Intersection over union of every box of `a` with every one of `b`, [A, B]. */
export function boxOverlaps(a: Boxes, b: Boxes): Float32Array {
  const [areasA, areasB] = [boxAreas(a), boxAreas(b)];
  const columns = boxCount(b);
  const overlaps = new Float32Array(boxCount(a) * columns);
  for (let i = 0; i < boxCount(a); i++) {
    for (let j = 0; j < columns; j++) {
      const shared = intersection(a, i, b, j);
      overlaps[i * columns + j] = shared / f(f(areasA[i]! + areasB[j]!) - shared);
    }
  }
  return overlaps;
}

function intersection(a: Boxes, i: number, b: Boxes, j: number): number {
  const width = f(Math.min(a[4 * i + 2]!, b[4 * j + 2]!) - Math.max(a[4 * i]!, b[4 * j]!));
  const height = f(Math.min(a[4 * i + 3]!, b[4 * j + 3]!) - Math.max(a[4 * i + 1]!, b[4 * j + 1]!));
  return f(Math.max(width, 0) * Math.max(height, 0));
}

/** Moves edges outside an image onto its border; in place. */
export function clipBoxes(boxes: Boxes, height: number, width: number): void {
  for (let i = 0; i < boxes.length; i++) {
    boxes[i] = Math.min(Math.max(boxes[i]!, 0), i % 2 === 0 ? width : height);
  }
}

/** Indices of the boxes with both sides at least this long. */
export function largeBoxes(boxes: Boxes, least: number): Int32Array {
  const kept: number[] = [];
  const limit = f(least);
  for (let i = 0; i < boxCount(boxes); i++) {
    const width = f(boxes[4 * i + 2]! - boxes[4 * i]!);
    if (width >= limit && f(boxes[4 * i + 3]! - boxes[4 * i + 1]!) >= limit) kept.push(i);
  }
  return Int32Array.from(kept);
}

/** The boxes at `indices`. */
export function gatherBoxes(boxes: Boxes, indices: ArrayLike<number>): Boxes {
  const gathered = new Float32Array(indices.length * 4);
  for (let i = 0; i < indices.length; i++) {
    gathered.set(boxes.subarray(4 * indices[i]!, 4 * indices[i]! + 4), 4 * i);
  }
  return gathered;
}

/** Indices from the highest score to the lowest; of equal ones the first comes first. */
function byScore(scores: Float32Array): Int32Array {
  return Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/**
 * Greedy non-maximum suppression: the best box stays and takes away all that overlap it by more than `threshold`, and so
 * on. Indices of those that stay, best first.
 */
export function nonMaximumSuppression(boxes: Boxes, scores: Float32Array, threshold: number): Int32Array {
  const areas = boxAreas(boxes);
  const order = byScore(scores);
  const suppressed = new Uint8Array(order.length);
  const kept: number[] = [];
  for (let rank = 0; rank < order.length; rank++) {
    const i = order[rank]!;
    if (suppressed[i]) continue;
    kept.push(i);
    for (let later = rank + 1; later < order.length; later++) {
      const j = order[later]!;
      if (suppressed[j]) continue;
      const shared = intersection(boxes, i, boxes, j);
      // torchvision compares a float32 overlap with a double threshold
      if (f(shared / f(f(areas[i]! + areas[j]!) - shared)) > threshold) suppressed[j] = 1;
    }
  }
  return Int32Array.from(kept);
}

/** torchvision moves groups apart up to this many boxes, and treats them one by one above it. */
const MOST_MOVED_BOXES = 1000;

/** Non-maximum suppression within every group (a class, a level). Indices of those that stay, best first. */
export function groupedSuppression(
  boxes: Boxes,
  scores: Float32Array,
  groups: Int32Array,
  threshold: number,
): Int32Array {
  if (scores.length === 0) return new Int32Array(0);
  if (scores.length <= MOST_MOVED_BOXES) {
    // Far apart, groups do not suppress each other; large offsets round the boxes, and torchvision's do.
    const step = f(boxes.reduce((largest, edge) => Math.max(largest, edge), Number.NEGATIVE_INFINITY) + 1);
    const moved = boxes.map((edge, i) => edge + f(groups[i >> 2]! * step));
    return nonMaximumSuppression(moved, scores, threshold);
  }
  const members = new Map<number, number[]>();
  groups.forEach((group, i) => {
    const list = members.get(group);
    if (list) list.push(i);
    else members.set(group, [i]);
  });
  const kept: number[] = [];
  for (const indices of members.values()) {
    const own = Float32Array.from(indices, (i) => scores[i]!);
    for (const i of nonMaximumSuppression(gatherBoxes(boxes, indices), own, threshold))
      kept.push(indices[i]!);
  }
  return Int32Array.from(kept).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** Boxes of an image that is resized. */
export function resizeBoxes(
  boxes: Boxes,
  from: readonly [height: number, width: number],
  to: readonly [height: number, width: number],
): Boxes {
  const ratios = [f(to[1] / from[1]), f(to[0] / from[0])];
  return boxes.map((edge, i) => edge * ratios[i % 2]!);
}
