import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compressCounts, type RleMask } from '../formats/rle.js';
import type { CocoDetection, CocoTruth } from '../metrics/coco-ap.js';

/**
 * Writes what was found and what is true in COCO's formats, so that any other program can score it: `coco/<split>.json`,
 * and the results `coco/<split>-boxes.json` and `coco/<split>-masks.json` (apart, since pycocotools takes a mask's area
 * from its box where there is one).
 *
 * @param sizes height and width of every image; images are numbered from 1 in the files
 */
export async function writeCocoFiles(
  directory: string,
  split: string,
  sizes: readonly (readonly [number, number])[],
  truths: readonly CocoTruth[],
  detections: readonly CocoDetection[],
): Promise<void> {
  const folder = join(directory, 'coco');
  await mkdir(folder, { recursive: true });
  const categories = [...new Set([...truths, ...detections].map(({ category }) => category))].sort(
    (a, b) => a - b,
  );
  const truth = {
    images: sizes.map(([height, width], i) => ({ id: i + 1, height, width })),
    categories: categories.map((id) => ({ id, name: String(id) })),
    annotations: truths.map(({ image, category, box, mask, area, crowd }, i) => ({
      id: i + 1,
      image_id: image + 1,
      category_id: category,
      bbox: box,
      area,
      iscrowd: crowd ? 1 : 0,
      ...(mask && { segmentation: segmentation(mask) }),
    })),
  };
  const boxes = detections.map((one) => ({ ...common(one), bbox: one.box }));
  const masks = detections.flatMap((one) =>
    one.mask ? [{ ...common(one), segmentation: segmentation(one.mask) }] : [],
  );
  const write = (name: string, content: unknown) =>
    writeFile(join(folder, `${name}.json`), JSON.stringify(content));
  await write(split, truth);
  await write(`${split}-boxes`, boxes);
  await write(`${split}-masks`, masks);
}

function common({ image, category, score }: CocoDetection) {
  return { image_id: image + 1, category_id: category, score };
}

function segmentation({ height, width, counts }: RleMask) {
  return { size: [height, width], counts: compressCounts(counts) };
}
