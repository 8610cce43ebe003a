import { readFileSync } from 'node:fs';
import { decompressCounts } from '../formats/rle.js';
import type { CocoAp, CocoBox, CocoDetection, CocoTruth } from '../metrics/coco-ap.js';

interface Annotation {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: CocoBox;
  readonly segmentation: { readonly size: readonly [number, number]; readonly counts: string };
}

type Expected = { readonly [Part in keyof CocoAp]: number | null };

interface StoredCase {
  readonly truths: readonly (Annotation & { readonly area: number; readonly iscrowd: number })[];
  readonly detections: readonly (Annotation & { readonly score: number })[];
  readonly box: Expected;
  readonly mask: Expected;
}

interface RleCase {
  readonly height: number;
  readonly width: number;
  /** A string of 0 and 1 each. */
  readonly rows: readonly string[];
  readonly counts: string;
}

export interface CocoCase {
  readonly truths: readonly CocoTruth[];
  readonly detections: readonly CocoDetection[];
  /** pycocotools' results. */
  readonly expected: { readonly box: CocoAp; readonly mask: CocoAp };
}

/** Random cases with pycocotools' results, as scripts/oracles/coco_ap.py writes them. */
export function readCocoCases(path: string | URL): {
  readonly rle: readonly RleCase[];
  readonly cases: readonly CocoCase[];
} {
  const { rle, cases } = JSON.parse(readFileSync(path, 'utf8')) as { rle: RleCase[]; cases: StoredCase[] };
  return {
    rle,
    cases: cases.map(({ truths, detections, box, mask }) => ({
      truths: truths.map((one) => ({ ...convert(one), area: one.area, crowd: one.iscrowd === 1 })),
      detections: detections.map((one) => ({ ...convert(one), score: one.score })),
      expected: { box: withoutNulls(box), mask: withoutNulls(mask) },
    })),
  };
}

function convert({ image_id, category_id, bbox, segmentation: { size, counts } }: Annotation) {
  const mask = { height: size[0], width: size[1], counts: decompressCounts(counts) };
  return { image: image_id, category: category_id, box: bbox, mask };
}

function withoutNulls(expected: Expected): CocoAp {
  return Object.fromEntries(
    Object.entries(expected).map(([part, value]) => [part, value ?? undefined]),
  ) as unknown as CocoAp;
}
