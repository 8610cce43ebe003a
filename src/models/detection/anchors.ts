/** Anchors: the boxes that proposals are encoded against, several at every pixel of every level (arXiv:1506.01497). */
import type { Boxes } from './boxes.js';

const f = Math.fround;
/** Height against width. */
const ASPECT_RATIOS = [0.5, 1, 2] as const;
export const ANCHORS_PER_PIXEL = ASPECT_RATIOS.length;

/** Anchors of a pyramid over one image, level after level, in the order of rows, columns and aspect ratios. */
export interface AnchorGrid {
  readonly boxes: Boxes;
  /** Number of anchors of each level. */
  readonly counts: readonly number[];
}

/**
 * @param sizes side of the square anchor of each level, in pixels
 * @param levels height and width of each level's features
 * @param image height and width of the padded image
 */
export function anchorGrid(
  sizes: readonly number[],
  levels: readonly (readonly [number, number])[],
  image: readonly [number, number],
): AnchorGrid {
  const counts = levels.map(([height, width]) => height * width * ANCHORS_PER_PIXEL);
  const boxes = new Float32Array(4 * counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  levels.forEach(([height, width], level) => {
    const strideY = Math.floor(image[0] / height);
    const strideX = Math.floor(image[1] / width);
    const cell = cellAnchors(sizes[level]!);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const [halfWidth, halfHeight] of cell) {
          boxes[at++] = x * strideX - halfWidth;
          boxes[at++] = y * strideY - halfHeight;
          boxes[at++] = x * strideX + halfWidth;
          boxes[at++] = y * strideY + halfHeight;
        }
      }
    }
  });
  return { boxes, counts };
}

/** Half the width and height of each aspect ratio, in whole pixels as torchvision rounds them. */
function cellAnchors(size: number): [number, number][] {
  return ASPECT_RATIOS.map((ratio) => {
    const heightRatio = f(Math.sqrt(ratio));
    const widthRatio = f(1 / heightRatio);
    return [roundHalfToEven(f(widthRatio * size) / 2), roundHalfToEven(f(heightRatio * size) / 2)];
  });
}

function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
