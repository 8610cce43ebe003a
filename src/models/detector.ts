import { type CollateOptions, collate } from '../data/detection/collate.js';
import type { DetectionExample } from '../data/detection/example.js';
import { batchTensors } from '../data/tensors.js';
import { disposeAll, type Parameter, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { readWeights } from '../formats/weights.js';
import { randomGenerator } from '../random.js';
import { resizeBoxes } from './detection/boxes.js';
import { Detector } from './detection/detector.js';
import { LOSS_NAMES, type LossName } from './detection/losses.js';
import type { MaskRcnn } from './detection/mask-rcnn.js';
import { pasteMask } from './detection/masks.js';
import { randomSampler, type Sampler } from './detection/matching.js';
import { MASK_SIZE } from './detection/roi-head.js';
import { Scope } from './layers/scope.js';
import { exportWeights, loadWeights } from './weights.js';

/** What was found in an image, best first; tensors that the caller disposes. */
export interface DetectionTensors {
  /** [N, 4]: left, top, right, bottom in pixels of the image */
  readonly boxes: Tensor;
  /** int32 [N] */
  readonly labels: Tensor;
  /** [N] */
  readonly scores: Tensor;
  /** Probabilities that a pixel belongs to the object, [N, H, W] */
  readonly masks: Tensor;
}

/** The true objects of an image. */
export interface DetectionTarget {
  /** Classes of the G objects, from 1. */
  readonly labels: ArrayLike<number>;
  /** [G, H, W], anything but 0 belongs to the object. Objects may not overlap. */
  readonly masks: Tensor;
  /** [G, 4], left, top, right, bottom; absent: the first and last columns and rows of the masks. */
  readonly boxes?: Tensor;
}

interface ResizeOptions {
  /** What the shorter side of images is resized to, in pixels; 800 unless given. */
  readonly minSize?: number;
  /** What the longer side must not exceed; 1333 unless given. */
  readonly maxSize?: number;
}

export interface DetectorEvaluation extends ResizeOptions {
  readonly training: false;
}

export interface DetectorTraining extends ResizeOptions {
  readonly training: true;
  /** One an image. */
  readonly targets: readonly DetectionTarget[];
  /** Chooses which anchors and regions are looked at; at random unless given. */
  readonly sampler?: Sampler;
  /** Of the random choice; 0 unless given. */
  readonly seed?: number;
}

/** Images [B, H, W, 3], or of several sizes [H, W, 3] each; float32 in [0, 1]. */
type DetectorImages = Tensor | readonly Tensor[];

/** Mask R-CNN with its own weights, for use as a library: torchvision's `MaskRCNN`, its transform included. */
export interface StandaloneDetector {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[];
  /** What is found in each image. */
  forward(images: DetectorImages, options: DetectorEvaluation): DetectionTensors[];
  /** The five losses, scalars that the caller disposes; not differentiable by themselves. */
  forward(images: DetectorImages, options: DetectorTraining): Record<LossName, Tensor>;
  /**
   * Loads a safetensors file or PyTorch checkpoint with torchvision's names.
   * @param options.replaceHead let the predictors keep their fresh weights where the file has none that fit
   * @throws MissingError when the file is absent or damaged, or does not fit the model
   */
  loadWeights(path: string, options?: { readonly replaceHead?: boolean }): Promise<void>;
  /** The weights under torchvision's names in PyTorch's layout. */
  exportWeights(): ReturnType<typeof exportWeights>;
  dispose(): void;
}

/** Sides of padded batches are multiples of this, as in torchvision. */
const SIZE_DIVISIBLE = 32;

export function standaloneDetector(model: MaskRcnn): StandaloneDetector {
  const detector = new Detector(model);
  function forward(images: DetectorImages, options: DetectorEvaluation): DetectionTensors[];
  function forward(images: DetectorImages, options: DetectorTraining): Record<LossName, Tensor>;
  function forward(images: DetectorImages, options: DetectorEvaluation | DetectorTraining) {
    const { minSize = 800, maxSize = 1333 } = options;
    const resizing = { minSize, maxSize, sizeDivisible: SIZE_DIVISIBLE };
    const list = images instanceof tf.Tensor ? separate(images) : (images as readonly Tensor[]).map(toImage);
    return options.training
      ? losses(model, detector, list, resizing, options)
      : detect(model, detector, list, resizing);
  }
  return {
    name: model.name,
    parameters: model.parameters,
    statistics: model.statistics,
    forward,
    async loadWeights(path, { replaceHead = false } = {}) {
      await loadWeights(model, await readWeights(path), { source: path, replaceHead });
    },
    exportWeights: () => exportWeights(model),
    dispose() {
      detector.dispose();
      model.dispose();
    },
  };
}

type Image = Pick<DetectionExample, 'height' | 'width'> & { readonly pixels: Float32Array };

function toImage(tensor: Tensor): Image {
  const [height, width, channels] = tensor.shape as [number, number, number];
  if (tensor.rank !== 3 || channels !== 3 || tensor.dtype !== 'float32') {
    throw new UsageError(
      `expected images [H, W, 3] of float32 in [0, 1], found [${tensor.shape}] of ${tensor.dtype}`,
    );
  }
  return { height, width, pixels: Float32Array.from(readFloats(tensor)) };
}

function separate(images: Tensor): Image[] {
  if (images.rank !== 4) throw new UsageError(`expected images [B, H, W, 3], found [${images.shape}]`);
  const list = tf.unstack(images);
  const separated = list.map(toImage);
  disposeAll(list);
  return separated;
}

function detect(
  model: MaskRcnn,
  detector: Detector,
  images: readonly Image[],
  resizing: CollateOptions,
): DetectionTensors[] {
  const nothing = ({ height, width }: Image) => new Uint8Array(height * width);
  const examples = images.map((image) => ({
    ...image,
    instances: nothing(image),
    labels: new Int32Array(0),
  }));
  const batch = collate(examples, resizing);
  const sizes = batch.image_size!.data;
  const weights = readAll([...model.parameters, ...model.statistics]);
  const found = detector.detect(weights, batch);
  disposeAll(weights);
  return found.map(({ boxes, labels, scores, masks }, i) => {
    const { height, width } = images[i]!;
    const own = resizeBoxes(boxes, [sizes[2 * i]!, sizes[2 * i + 1]!], [height, width]);
    const pasted = new Float32Array(labels.length * height * width);
    labels.forEach((_, n) => {
      const mask = masks.subarray(n * MASK_SIZE ** 2, (n + 1) * MASK_SIZE ** 2);
      pasted.set(pasteMask(mask, own.subarray(4 * n, 4 * n + 4), [height, width]), n * height * width);
    });
    return {
      boxes: floatTensor(own, [labels.length, 4]),
      labels: tf.tensor1d(labels, 'int32'),
      scores: floatTensor(scores, [labels.length]),
      masks: floatTensor(pasted, [labels.length, height, width]),
    };
  });
}

function losses(
  model: MaskRcnn,
  detector: Detector,
  images: readonly Image[],
  resizing: CollateOptions,
  { targets, seed = 0, sampler = randomSampler(randomGenerator(seed, 'samples')) }: DetectorTraining,
): Record<LossName, Tensor> {
  if (targets.length !== images.length) {
    throw new UsageError(`${targets.length} targets for ${images.length} images; expected one an image`);
  }
  const batch = collate(
    images.map((image, i) => ({ ...image, ...trueObjects(targets[i]!, image, i) })),
    resizing,
  );
  const all = [...model.parameters, ...model.statistics];
  const weights = readAll(all);
  const picks = detector.picks(weights, batch, true, sampler);
  const result = tf.tidy(() => {
    const inputs = batchTensors(picks);
    const scope = new Scope(all, weights, { training: true });
    const perImage = model.losses(scope, inputs);
    scope.statistics(model.statistics).forEach((value, i) => {
      model.statistics[i]!.assign(value);
      value.dispose(); // kept by the scope, so not tidied
    });
    return Object.fromEntries(LOSS_NAMES.map((name) => [name, perImage[name].mean()]));
  });
  disposeAll(weights);
  return result as Record<LossName, Tensor>;
}

/** Masks of objects that do not overlap, as one map of their numbers. */
function trueObjects(
  { labels, masks, boxes }: DetectionTarget,
  { height, width }: Image,
  image: number,
): Pick<DetectionExample, 'instances' | 'labels' | 'boxes'> {
  if (masks.shape.join() !== `${labels.length},${height},${width}`) {
    throw new UsageError(
      `image ${image}: expected masks [${labels.length},${height},${width}], found [${masks.shape}]`,
    );
  }
  const inside = masks.dataSync();
  const instances = new Uint8Array(height * width);
  for (let i = 0; i < inside.length; i++) {
    if (!inside[i]) continue;
    const at = i % instances.length;
    if (instances[at]) throw new UsageError(`image ${image}: its objects overlap, which is not supported`);
    instances[at] = Math.floor(i / instances.length) + 1;
  }
  return {
    instances,
    labels: Int32Array.from(labels),
    ...(boxes && { boxes: Float32Array.from(readFloats(boxes)) }),
  };
}
