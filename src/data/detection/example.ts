/** An image with its objects, as a detection set has it before any resizing. */
export interface DetectionExample {
  readonly height: number;
  readonly width: number;
  /** [height, width, 3], red, green, blue: bytes, or numbers in [0, 1] */
  readonly pixels: Uint8Array | Float32Array;
  /** [height, width]: at every pixel 0, or 1 + the index of the object seen there */
  readonly instances: Uint8Array;
  /** Class of every object, from 1. */
  readonly labels: Int32Array;
  /** [G, 4], left, top, right, bottom of every object; absent: those of what is seen of it. */
  readonly boxes?: Float32Array;
}

/**
 * Left, top, right, bottom of every object, [G, 4]: where not given its first and last columns and rows, as torchvision's
 * `masks_to_boxes`.
 */
export function objectBoxes({
  height,
  width,
  instances,
  labels,
  boxes: given,
}: DetectionExample): Float32Array {
  if (given) return given.slice();
  const boxes = new Float32Array(labels.length * 4);
  const seen = new Uint8Array(labels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const object = instances[y * width + x]! - 1;
      if (object < 0) continue;
      const at = object * 4;
      if (!seen[object]) {
        seen[object] = 1;
        boxes.set([x, y, x, y], at);
      } else {
        boxes[at] = Math.min(boxes[at]!, x);
        boxes[at + 2] = Math.max(boxes[at + 2]!, x);
        boxes[at + 3] = y;
      }
    }
  }
  return boxes;
}
