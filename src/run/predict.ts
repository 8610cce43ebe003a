import { existsSync } from 'node:fs';
import { decodeImage, loadSharp } from '../data/decode/image.js';
import { collate } from '../data/detection/collate.js';
import { collating } from '../data/detection/split.js';
import { pixelsToFloats } from '../data/pixels.js';
import { compileMode } from '../engine/compile.js';
import { disposeAll, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { tf } from '../engine/tf.js';
import { MissingError, UsageError } from '../errors.js';
import { damaged } from '../formats/files.js';
import { resizeBoxes } from '../models/detection/boxes.js';
import { Detector } from '../models/detection/detector.js';
import { MaskRcnn } from '../models/detection/mask-rcnn.js';
import { pasteMask } from '../models/detection/masks.js';
import { MASK_SIZE } from '../models/detection/roi-head.js';
import { Scope } from '../models/layers/scope.js';
import { MASK_THRESHOLD } from '../tasks/detection.js';
import type { TrainedModel } from './trained-model.js';

/** An image as it is: [height, width, 3] bytes, red, green, blue. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

export interface FoundObject {
  /** Name of its class, or `class 7` where the names are not known. */
  readonly name: string;
  readonly score: number;
  /** Left, top, right, bottom in pixels of the image. */
  readonly box: readonly [number, number, number, number];
  /** [height, width]: 1 where the object is. */
  readonly mask: Uint8Array;
}

/**
 * What a detector finds in an image file, best first.
 *
 * @param leastScore objects with a lower score are left out
 * @throws MissingError where the file is absent or no image
 */
export async function detectObjects(
  { model, config, facts }: TrainedModel,
  path: string,
  leastScore: number,
): Promise<{ readonly picture: Picture; readonly objects: readonly FoundObject[] }> {
  if (!(model instanceof MaskRcnn)) throw new UsageError(`${model.name} detects nothing`);
  const picture = await readPicture(path);
  const size = [picture.height, picture.width] as const;
  const none = { instances: new Uint8Array(size[0] * size[1]), labels: new Int32Array(0) };
  const options = config.dataset as unknown as Parameters<typeof collating>[0];
  const batch = collate([{ ...picture, ...none }], collating(options));
  compileMode.enabled = false; // one image is not worth the recording of graphs
  const detector = new Detector(model);
  const weights = readAll([...model.parameters, ...model.statistics]);
  const [found] = detector.detect(weights, batch);
  disposeAll(weights);
  detector.dispose();
  const { boxes, labels, scores, masks } = found!;
  const own = resizeBoxes(boxes, batch.image_size!.data as unknown as readonly [number, number], size);
  const pixels = MASK_SIZE ** 2;
  const objects = Array.from(labels, (label, i): FoundObject => {
    const box = own.subarray(4 * i, 4 * i + 4);
    const pasted = pasteMask(masks.subarray(i * pixels, (i + 1) * pixels), box, size);
    return {
      name: facts.classNames?.[label - 1] ?? `class ${label}`,
      score: scores[i]!,
      box: [box[0]!, box[1]!, box[2]!, box[3]!],
      mask: Uint8Array.from(pasted, (probability) => (probability > MASK_THRESHOLD ? 1 : 0)),
    };
  });
  return { picture, objects: objects.filter(({ score }) => score >= leastScore) };
}

export interface LikelyClass {
  readonly name: string;
  readonly probability: number;
}

/**
 * The likeliest classes of an image file, which is resized as the run's images were.
 *
 * @throws MissingError where the file is absent or no image; UsageError for a model of other images
 */
export async function classifyImage(
  { model, facts }: TrainedModel,
  path: string,
  most: number,
): Promise<LikelyClass[]> {
  const [side, , channels] = facts.imageShape ?? [0, 0, 0];
  if (side === 0 || (channels !== 1 && channels !== 3)) {
    throw new UsageError(
      `${model.name}: the config does not say how large its images are (dataset.image_size)`,
    );
  }
  const colours = await decodeImage(path, path, side);
  const pixels = channels === 3 ? colours : greys(colours);
  const all = [...model.parameters, ...model.statistics];
  const weights = readAll(all);
  const probabilities = tf.tidy(() => {
    const image = floatTensor(pixelsToFloats(pixels), [1, side, side, channels]);
    const scope = new Scope(all, weights, { training: false });
    return tf.softmax(model.forward(scope, { image }));
  });
  const values = readFloats(probabilities);
  disposeAll([...weights, probabilities]);
  return Array.from(values, (probability, i) => ({
    name: facts.classNames?.[i] ?? `class ${i}`,
    probability,
  }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, most);
}

/** Brightness by ITU-R 601, as Pillow's `convert('L')`. */
function greys(colours: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: colours.length / 3 }, (_, i) =>
    Math.round(0.299 * colours[3 * i]! + 0.587 * colours[3 * i + 1]! + 0.114 * colours[3 * i + 2]!),
  );
}

async function readPicture(path: string): Promise<Picture> {
  if (!existsSync(path)) throw new MissingError(`${path}: no such file`);
  const sharp = await loadSharp();
  try {
    const image = sharp(path, { ignoreIcc: true, failOn: 'error' }).toColourspace('srgb').removeAlpha();
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { height: info.height, width: info.width, pixels: new Uint8Array(data) };
  } catch (error) {
    throw damaged(path, `cannot be decoded as an image: ${(error as Error).message}`);
  }
}

/** Pixels [height, width, channels] as PNG. */
export async function encodePng(
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: 3 | 4,
): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(pixels, { raw: { height, width, channels } }).png().toBuffer();
}
