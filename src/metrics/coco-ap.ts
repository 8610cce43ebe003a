/**
 * Average precision as COCO defines it (Lin et al. 2014, arXiv:1405.0312; https://cocodataset.org/#detection-eval),
 * equal to pycocotools' COCOeval: the mean over ten thresholds of overlap, 0.5 to 0.95, and over categories, of the
 * precision at 101 recalls. At most 100 detections an image and category count.
 */
import { maskArea, maskIntersection, type RleMask } from '../formats/rle.js';
import type { MetricDefinition } from './types.js';

/** Left, top, width, height in pixels, as in COCO's files. */
export type CocoBox = readonly [number, number, number, number];

export interface CocoTruth {
  readonly image: number;
  readonly category: number;
  readonly box: CocoBox;
  readonly mask?: RleMask;
  /** Decides whether the object is small, medium or large. */
  readonly area: number;
  /** A region of many objects, which may be found any number of times or not at all. */
  readonly crowd?: boolean;
}

export interface CocoDetection {
  readonly image: number;
  readonly category: number;
  readonly score: number;
  readonly box: CocoBox;
  readonly mask?: RleMask;
}

/** Fractions of 1; undefined where there is nothing to find. */
export interface CocoAp {
  readonly ap: number | undefined;
  readonly ap50: number | undefined;
  readonly ap75: number | undefined;
  /** Objects below 32², up to 96², and above, in pixels. */
  readonly apSmall: number | undefined;
  readonly apMedium: number | undefined;
  readonly apLarge: number | undefined;
}

const MAX_DETECTIONS = 100;
const OVERLAPS = linspace(0.5, 0.95, 10);
const RECALLS = linspace(0, 1, 101);
const AREAS = {
  all: [0, 1e5 ** 2],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e5 ** 2],
} as const;
type AreaName = keyof typeof AREAS;

/**
 * @param kind what overlaps: boxes, or masks, which then every truth and detection must have
 */
export function cocoAp(
  truths: readonly CocoTruth[],
  detections: readonly CocoDetection[],
  kind: 'box' | 'mask',
): CocoAp {
  const truthsByCategory = groupBy(truths, (truth) => truth.category);
  const detectionsByCategory = groupBy(detections, (detection) => detection.category);
  const categories = [...truthsByCategory].map(([category, own]) =>
    imagesOf(own, detectionsByCategory.get(category) ?? [], kind),
  );
  const curves = (area: AreaName) => categories.map((images) => precisions(images, AREAS[area]));
  const all = curves('all');
  const at = (overlap: number) => average(all.map((perOverlap) => perOverlap?.slice(overlap, overlap + 1)));
  return {
    ap: average(all),
    ap50: at(0),
    ap75: at(5),
    apSmall: average(curves('small')),
    apMedium: average(curves('medium')),
    apLarge: average(curves('large')),
  };
}

/** An image's objects and detections of one category. */
interface ImageCase {
  readonly truths: readonly CocoTruth[];
  /** Best first, at most `MAX_DETECTIONS`. */
  readonly detections: readonly CocoDetection[];
  /** Areas of the detections. */
  readonly areas: readonly number[];
  /** [detections][truths] */
  readonly overlaps: readonly (readonly number[])[];
}

function imagesOf(
  truths: readonly CocoTruth[],
  detections: readonly CocoDetection[],
  kind: 'box' | 'mask',
): ImageCase[] {
  const truthsByImage = groupBy(truths, (truth) => truth.image);
  const detectionsByImage = groupBy(detections, (detection) => detection.image);
  // in the order of the images' numbers: of detections with the same score, the first counts first
  const images = [...new Set([...truthsByImage.keys(), ...detectionsByImage.keys()])].sort((a, b) => a - b);
  return images.map((image) => {
    const own = truthsByImage.get(image) ?? [];
    const best = [...(detectionsByImage.get(image) ?? [])]
      .sort((a, b) => b.score - a.score)
      .slice(0, MAX_DETECTIONS);
    return {
      truths: own,
      detections: best,
      areas: best.map((detection) => areaOf(detection, kind)),
      overlaps: best.map((detection) => own.map((truth) => overlapOf(detection, truth, kind))),
    };
  });
}

function areaOf({ box, mask }: CocoDetection, kind: 'box' | 'mask'): number {
  return kind === 'box' ? box[2] * box[3] : maskArea(mask!);
}

/** Intersection over union; over the detection's own area where the truth is a crowd. */
function overlapOf(detection: CocoDetection, truth: CocoTruth, kind: 'box' | 'mask'): number {
  const shared =
    kind === 'box'
      ? boxIntersection(detection.box, truth.box)
      : maskIntersection(detection.mask!, truth.mask!);
  if (shared === 0) return 0;
  const own = areaOf(detection, kind);
  if (truth.crowd) return shared / own;
  const other = kind === 'box' ? truth.box[2] * truth.box[3] : maskArea(truth.mask!);
  return shared / (own + other - shared);
}

function boxIntersection(a: CocoBox, b: CocoBox): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

/** Precision at every recall for every overlap, [overlaps][recalls]; undefined where no object counts. */
function precisions(images: readonly ImageCase[], area: readonly [number, number]): number[][] | undefined {
  const counted = images.reduce(
    (sum, { truths }) => sum + truths.filter((truth) => !isIgnored(truth, area)).length,
    0,
  );
  if (counted === 0) return undefined;
  return OVERLAPS.map((overlap) => {
    const outcomes = images.flatMap((image) => match(image, overlap, area));
    outcomes.sort((a, b) => b.score - a.score);
    return precisionAtRecalls(outcomes, counted);
  });
}

interface Outcome {
  readonly score: number;
  readonly hit: boolean;
}

function isIgnored({ crowd, area }: CocoTruth, [least, most]: readonly [number, number]): boolean {
  return crowd === true || area < least || area > most;
}

/** Gives each detection in turn the free object it overlaps most; what has to do with ignored objects is left out. */
function match(image: ImageCase, threshold: number, area: readonly [number, number]): Outcome[] {
  const { truths, detections, areas, overlaps } = image;
  const ignored = truths.map((truth) => isIgnored(truth, area));
  // those that count come first
  const order = truths.map((_, i) => i).sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
  const taken = new Set<number>();
  return detections.flatMap((detection, d): Outcome[] => {
    let best = Math.min(threshold, 1 - 1e-10);
    let found: number | undefined;
    for (const t of order) {
      if (taken.has(t) && !truths[t]!.crowd) continue;
      if (found !== undefined && !ignored[found] && ignored[t]) break;
      const overlap = overlaps[d]![t]!;
      if (overlap < best) continue;
      best = overlap;
      found = t;
    }
    if (found === undefined) {
      const outside = areas[d]! < area[0] || areas[d]! > area[1];
      return outside ? [] : [{ score: detection.score, hit: false }];
    }
    taken.add(found);
    return ignored[found] ? [] : [{ score: detection.score, hit: true }];
  });
}

/** @param outcomes best first */
function precisionAtRecalls(outcomes: readonly Outcome[], counted: number): number[] {
  let hits = 0;
  const recall: number[] = [];
  const precision = outcomes.map(({ hit }, i) => {
    if (hit) hits++;
    recall.push(hits / counted);
    return hits / (i + 1 + Number.EPSILON);
  });
  for (let i = precision.length - 1; i > 0; i--) {
    precision[i - 1] = Math.max(precision[i - 1]!, precision[i]!);
  }
  let at = 0;
  return RECALLS.map((wanted) => {
    while (at < recall.length && recall[at]! < wanted) at++;
    return precision[at] ?? 0;
  });
}

/** Mean over categories, overlaps and recalls of those categories that have objects. */
function average(curves: readonly (readonly (readonly number[])[] | undefined)[]): number | undefined {
  const values = curves.flatMap((curve) => curve?.flat() ?? []);
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function groupBy<T>(items: readonly T[], key: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** As numpy's: `count` numbers from `start` to `stop`. */
function linspace(start: number, stop: number, count: number): number[] {
  const step = (stop - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? stop : i * step + start));
}

const KINDS = { box: 'boxes', mask: 'masks' } as const;
const PARTS = {
  ap: 'over overlaps 0.5 to 0.95',
  ap50: 'at overlap 0.5',
  ap75: 'at overlap 0.75',
  apSmall: 'of objects below 32² pixels',
  apMedium: 'of objects of 32² to 96² pixels',
  apLarge: 'of objects above 96² pixels',
} as const;
const SUFFIXES = {
  ap: 'ap',
  ap50: 'ap50',
  ap75: 'ap75',
  apSmall: 'ap_s',
  apMedium: 'ap_m',
  apLarge: 'ap_l',
} as const;

/** `box_ap`, `mask_ap_s` and so on, as in eval.csv. */
export const cocoApMetrics: readonly MetricDefinition[] = (['box', 'mask'] as const).flatMap((kind) =>
  (Object.keys(PARTS) as (keyof CocoAp)[]).map((part) => ({
    name: `${kind}_${SUFFIXES[part]}`,
    description: `COCO average precision of ${KINDS[kind]} ${PARTS[part]}`,
    better: 'higher' as const,
    percent: false,
  })),
);

/** The metrics by their names in eval.csv; those that have nothing to find are left out. */
export function cocoApByName(kind: 'box' | 'mask', values: CocoAp): Record<string, number> {
  return Object.fromEntries(
    (Object.keys(PARTS) as (keyof CocoAp)[]).flatMap((part) => {
      const value = values[part];
      return value === undefined ? [] : [[`${kind}_${SUFFIXES[part]}`, value]];
    }),
  );
}
