/**
 * COCO average precision against pycocotools on many random cases, after `npm run build`:
 *
 *     python scripts/oracles/coco_ap.py 200 /tmp/cases.json
 *     node scripts/parity/coco-ap.mjs /tmp/cases.json
 *
 * Prints the largest difference; ends with 1 where it exceeds 1e-6.
 */
import { readFileSync } from 'node:fs';
import { decompressCounts } from '../../dist/formats/rle.js';
import { cocoAp } from '../../dist/metrics/coco-ap.js';

const TOLERANCE = 1e-6;

const convert = ({ image_id, category_id, bbox, segmentation, iscrowd, area, score }) => ({
  ...{ image: image_id, category: category_id, box: bbox, area, score, crowd: iscrowd === 1 },
  mask: {
    height: segmentation.size[0],
    width: segmentation.size[1],
    counts: decompressCounts(segmentation.counts),
  },
});

const { cases } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let worst = 0;
let compared = 0;
for (const { truths, detections, ...expected } of cases) {
  for (const kind of ['box', 'mask']) {
    const actual = cocoAp(truths.map(convert), detections.map(convert), kind);
    for (const [part, value] of Object.entries(expected[kind])) {
      worst = Math.max(worst, Math.abs((actual[part] ?? -1) - (value ?? -1)));
      compared++;
    }
  }
}
console.log(`${cases.length} cases, ${compared} numbers: largest difference ${worst.toExponential(1)}`);
process.exitCode = worst <= TOLERANCE ? 0 : 1;
