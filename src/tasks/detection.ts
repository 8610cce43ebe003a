import { collate } from '../data/detection/collate.js';
import { objectBoxes } from '../data/detection/example.js';
import type { DetectionSplit } from '../data/detection/split.js';
import type { Split } from '../data/types.js';
import { encodeMask } from '../formats/rle.js';
import { mean } from '../gen/fit.js';
import {
  type CocoBox,
  type CocoDetection,
  type CocoTruth,
  cocoAp,
  cocoApByName,
} from '../metrics/coco-ap.js';
import { resizeBoxes } from '../models/detection/boxes.js';
import { type Detections, Detector } from '../models/detection/detector.js';
import { LOSS_NAMES } from '../models/detection/losses.js';
import { MaskRcnn } from '../models/detection/mask-rcnn.js';
import { pasteMask } from '../models/detection/masks.js';
import { randomSampler } from '../models/detection/matching.js';
import { MASK_SIZE } from '../models/detection/roi-head.js';
import type { Model } from '../models/types.js';
import { randomGenerator } from '../random.js';
import { writeCocoFiles } from './coco-files.js';
import type { EvaluationContext, Task } from './task.js';

/** Probability from which a pixel belongs to an object, as in torchvision's references. */
export const MASK_THRESHOLD = 0.5;

/**
 * Detection of objects and their masks: the sum of Mask R-CNN's five losses, scored by COCO's average precision of boxes
 * and of masks, each image by itself as in PyTorch's tutorial.
 *
 * Proposals and samples are chosen before each pass, at its weights (`Preparation`); with the choices the loss is a
 * smooth function of the weights, whose gradient and whose values along GeN's line are taken.
 */
export const detection: Task = {
  scoreNames: LOSS_NAMES,
  preparation: (model) => ({
    prepare(weights, batch, { training, seed }) {
      const random = randomGenerator(seed[0], `samples of micro-batch ${seed[1]}`);
      return detectorOf(model).picks(weights, batch, training, randomSampler(random));
    },
    dispose: () => disposeDetector(model),
  }),
  forward(model, scope, batch) {
    const losses = asMaskRcnn(model).losses(scope, batch);
    const total = LOSS_NAMES.map((name) => losses[name]).reduce((sum, loss) => sum.add(loss));
    return { losses: total, scores: losses };
  },
  metrics: ({ loss }) => ({ loss: mean(loss!) }),
  evaluate,
};

async function evaluate(context: EvaluationContext): Promise<Record<string, number>> {
  const { model, weights, splitName, isFinal, directory } = context;
  const split = asDetectionSplit(context.split);
  const detector = detectorOf(model);
  const truths: CocoTruth[] = [];
  const detections: CocoDetection[] = [];
  const sizes: [number, number][] = [];
  for (let image = 0; image < split.length; image++) {
    const example = await split.example(image);
    const { height, width, instances, labels } = example;
    sizes.push([height, width]);
    const boxes = objectBoxes(example);
    labels.forEach((category, i) => {
      const box = cocoBox(boxes.subarray(4 * i, 4 * i + 4));
      const own = instances.map((instance) => (instance === i + 1 ? 1 : 0));
      // the tutorial's areas are those of boxes
      truths.push({ image, category, box, mask: encodeMask(own, height, width), area: box[2] * box[3] });
    });
    const batch = collate([example], split.collating);
    const [found] = detector.detect(weights, batch);
    const resized = batch.image_size!.data as unknown as readonly [number, number];
    detections.push(...cocoDetections(found!, image, resized, [height, width]));
  }
  if (isFinal && directory) await writeCocoFiles(directory, splitName, sizes, truths, detections);
  return {
    ...cocoApByName('box', cocoAp(truths, detections, 'box')),
    ...cocoApByName('mask', cocoAp(truths, detections, 'mask')),
  };
}

/** The detections of an image in its own pixels. */
function cocoDetections(
  { boxes, labels, scores, masks }: Detections,
  image: number,
  resized: readonly [number, number],
  size: readonly [number, number],
): CocoDetection[] {
  const own = resizeBoxes(boxes, resized, size);
  const pixels = MASK_SIZE ** 2;
  return Array.from(labels, (category, i) => {
    const box = own.subarray(4 * i, 4 * i + 4);
    const pasted = pasteMask(masks.subarray(i * pixels, (i + 1) * pixels), box, size);
    const mask = pasted.map((probability) => (probability > MASK_THRESHOLD ? 1 : 0));
    return { image, category, score: scores[i]!, box: cocoBox(box), mask: encodeMask(mask, ...size) };
  });
}

/** From edges to left, top, width, height. */
function cocoBox(edges: Float32Array): CocoBox {
  const [left, top, right, bottom] = edges as unknown as [number, number, number, number];
  return [left, top, Math.fround(right - left), Math.fround(bottom - top)];
}

const detectors = new WeakMap<Model, Detector>();

/** The detector of a model: its graphs are recorded once for preparation and evaluation. */
function detectorOf(model: Model): Detector {
  const known = detectors.get(model);
  if (known) return known;
  const detector = new Detector(asMaskRcnn(model));
  detectors.set(model, detector);
  return detector;
}

function disposeDetector(model: Model): void {
  detectors.get(model)?.dispose();
  detectors.delete(model);
}

function asMaskRcnn(model: Model): MaskRcnn {
  if (model instanceof MaskRcnn) return model;
  throw new Error(`${model.name} detects nothing`);
}

function asDetectionSplit(split: Split): DetectionSplit {
  if ('example' in split && 'collating' in split) return split as DetectionSplit;
  throw new Error('the data set has no objects to detect');
}
