/**
 * What a training step looks at: proposals matched with the true objects, samples of anchors and regions, and their
 * targets. Chosen on the host from the network's proposals; the losses are then a pure function of the weights.
 */
import type { HostArray, HostBatch } from '../../data/types.js';
import { encodeBoxes } from './box-coder.js';
import { type Boxes, boxCount, gatherBoxes } from './boxes.js';
import { maskTarget } from './masks.js';
import { matchBoxes, type Sampler, sampleMatches } from './matching.js';
import type { DetectorOptions } from './options.js';
import { regionLevels } from './proposals.js';
import { MASK_SIZE } from './roi-head.js';

/** The true objects of one image. */
export interface Truth {
  /** [G, 4] in pixels of the resized image */
  readonly boxes: Boxes;
  /** Classes, [G], from 1 */
  readonly labels: Int32Array;
  /** [H, W] of the padded image: at every pixel 0 or 1 + the index of the object seen there */
  readonly instances: Int32Array;
}

/** What is chosen in one image. */
interface ImagePicks {
  readonly anchors: {
    readonly index: Int32Array;
    readonly positives: number;
    readonly targets: Float32Array;
  };
  readonly regions: {
    readonly boxes: Boxes;
    readonly labels: Int32Array;
    /** Encoded boxes of the objects, [R, 4]. */
    readonly targets: Float32Array;
    /** Index of each region's object. */
    readonly objects: Int32Array;
  };
}

/**
 * The picks of a batch, padded to fixed sizes, beside its `image`. Weights are such that the mean of the images' losses
 * is torchvision's loss of the batch, which divides by the number of samples in all images.
 *
 * @param batch `image` [B, H, W, 3]
 * @param proposals of every image
 * @param anchors of the padded image
 */
export function trainingPicks(
  batch: HostBatch,
  truths: readonly Truth[],
  proposals: readonly Boxes[],
  anchors: Boxes,
  sampler: Sampler,
  options: DetectorOptions,
): HostBatch {
  const [, height, width] = batch.image!.shape as [number, number, number, number];
  const images = truths.map((truth, i) => pick(truth, proposals[i]!, anchors, sampler, options));
  return {
    image: batch.image!,
    ...anchorArrays(images, options.proposals.sample.size),
    ...regionArrays(images, options),
    ...maskArrays(images, truths, [height, width], options),
  };
}

function pick(
  { boxes, labels }: Truth,
  proposals: Boxes,
  anchors: Boxes,
  sampler: Sampler,
  { proposals: rpn, regions: roi }: DetectorOptions,
): ImagePicks {
  const anchorMatches = matchBoxes(boxes, anchors, rpn.match);
  const anchorSamples = sampleMatches(anchorMatches, rpn.sample, sampler);
  const { positive } = anchorSamples;
  // the true boxes are proposals too, the last ones
  const candidates = new Float32Array(proposals.length + boxes.length);
  candidates.set(proposals);
  candidates.set(boxes, proposals.length);
  const matches = matchBoxes(boxes, candidates, roi.match);
  const samples = sampleMatches(matches, roi.sample, sampler);
  const chosen = Int32Array.of(...samples.positive, ...samples.negative).sort();
  const chosenBoxes = gatherBoxes(candidates, chosen);
  const objects = chosen.map((i) => Math.max(matches[i]!, 0));
  return {
    anchors: {
      index: Int32Array.of(...positive, ...anchorSamples.negative),
      positives: positive.length,
      targets: encodeBoxes(
        gatherBoxes(
          boxes,
          positive.map((i) => anchorMatches[i]!),
        ),
        gatherBoxes(anchors, positive),
        rpn.coder,
      ),
    },
    regions: {
      boxes: chosenBoxes,
      labels: chosen.map((i, at) => (matches[i]! >= 0 ? labels[objects[at]!]! : 0)),
      targets:
        boxes.length > 0
          ? encodeBoxes(gatherBoxes(boxes, objects), chosenBoxes, roi.coder)
          : new Float32Array(chosenBoxes.length),
      objects,
    },
  };
}

function anchorArrays(images: readonly ImagePicks[], size: number): HostBatch {
  const total = images.reduce((sum, { anchors }) => sum + anchors.index.length, 0);
  const share = images.length / total;
  return {
    anchor_index: stack(images, [size], Int32Array, ({ anchors }) => anchors.index),
    anchor_target: stack(images, [size], Float32Array, ({ anchors }) => filled(anchors.positives, 1)),
    anchor_weight: stack(images, [size], Float32Array, ({ anchors }) => filled(anchors.index.length, share)),
    anchor_box_target: stack(images, [size, 4], Float32Array, ({ anchors }) => anchors.targets),
    anchor_box_weight: stack(images, [size], Float32Array, ({ anchors }) => filled(anchors.positives, share)),
  };
}

function regionArrays(images: readonly ImagePicks[], options: DetectorOptions): HostBatch {
  const { size } = options.regions.sample;
  const total = images.reduce((sum, { regions }) => sum + regions.labels.length, 0);
  const share = images.length / total;
  return {
    roi_box: stack(images, [size, 4], Float32Array, ({ regions }) => regions.boxes),
    roi_level: stack(images, [size], Int32Array, ({ regions }) => levels(regions.boxes, options)),
    roi_label: stack(images, [size], Int32Array, ({ regions }) => regions.labels),
    roi_weight: stack(images, [size], Float32Array, ({ regions }) => filled(regions.labels.length, share)),
    roi_box_target: stack(images, [size, 4], Float32Array, ({ regions }) => regions.targets),
    roi_box_weight: stack(images, [size], Float32Array, ({ regions }) =>
      Float32Array.from(regions.labels, (label) => (label > 0 ? share : 0)),
    ),
  };
}

function maskArrays(
  images: readonly ImagePicks[],
  truths: readonly Truth[],
  imageSize: readonly [number, number],
  options: DetectorOptions,
): HostBatch {
  const { size, positiveShare } = options.regions.sample;
  const most = Math.floor(size * positiveShare);
  const masked = images.map(({ regions }, image) => {
    const positive = Int32Array.from(regions.labels.keys()).filter((i) => regions.labels[i]! > 0);
    const boxes = gatherBoxes(regions.boxes, positive);
    const targets = new Float32Array(positive.length * MASK_SIZE ** 2);
    positive.forEach((i, at) => {
      const box = boxes.subarray(4 * at, 4 * at + 4);
      const { instances } = truths[image]!;
      const object = regions.objects[i]! + 1;
      targets.set(maskTarget(instances, imageSize, object, box), at * MASK_SIZE ** 2);
    });
    return { boxes, labels: positive.map((i) => regions.labels[i]!), targets };
  });
  const total = masked.reduce((sum, { labels }) => sum + labels.length, 0);
  const share = total === 0 ? 0 : images.length / total;
  return {
    mask_box: stack(masked, [most, 4], Float32Array, ({ boxes }) => boxes),
    mask_level: stack(masked, [most], Int32Array, ({ boxes }) => levels(boxes, options)),
    mask_label: stack(masked, [most], Int32Array, ({ labels }) => labels),
    mask_target: stack(masked, [most, MASK_SIZE, MASK_SIZE], Float32Array, ({ targets }) => targets),
    mask_weight: stack(masked, [most], Float32Array, ({ labels }) => filled(labels.length, share)),
  };
}

function levels(boxes: Boxes, { anchorSizes, canonicalSize }: DetectorOptions): Int32Array {
  return boxCount(boxes) === 0
    ? new Int32Array(0)
    : regionLevels(boxes, anchorSizes.length - 1, canonicalSize);
}

function filled(length: number, value: number): Float32Array {
  return new Float32Array(length).fill(value);
}

/** Each image's values behind one another, padded with zeros to `shape`. */
function stack<T>(
  images: readonly T[],
  shape: readonly number[],
  Kind: typeof Float32Array | typeof Int32Array,
  values: (image: T) => Float32Array | Int32Array,
): HostArray {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = new Kind(images.length * size);
  images.forEach((image, i) => {
    data.set(values(image), i * size);
  });
  return { shape: [images.length, ...shape], data };
}
