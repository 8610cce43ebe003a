import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collate } from '../data/detection/collate.js';
import type { DetectionExample } from '../data/detection/example.js';
import { batchTensors } from '../data/tensors.js';
import { disposeAll, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { elementCount } from '../formats/dtype.js';
import {
  differing,
  digest,
  error,
  expectSameDistribution,
  gradientDigests,
  noise,
} from '../testing/model-oracle.js';
import { groupedSuppression, nonMaximumSuppression, resizeBoxes } from './detection/boxes.js';
import { type Detections, Detector } from './detection/detector.js';
import { LOSS_NAMES, type LossName } from './detection/losses.js';
import { MaskRcnn } from './detection/mask-rcnn.js';
import { maskTarget, pasteMask } from './detection/masks.js';
import { type DetectorOptions, torchvisionOptions } from './detection/options.js';
import { standaloneDetector } from './detector.js';
import { Scope } from './layers/scope.js';
import { loadWeights, type WeightSource } from './weights.js';

type Digest = [number, number, number, number];

interface StoredDetections {
  boxes: number[][];
  labels: number[];
  scores: number[];
  /** Pixels above one half and sum of probabilities of each. */
  masks: [number, number][];
}

interface Oracle {
  model: {
    classes: number;
    hidden: number;
    /** Height and width of the images. */
    sizes: [number, number][];
    minSize: number;
    maxSize: number;
    /** Left, top, width, height, class of the objects of each image. */
    objects: number[][][];
    shapes: Record<string, number[]>;
    trainable: string[];
    initial: Record<string, [number, number, number]>;
    losses: Record<LossName, number>;
    gradients: Record<string, Digest>;
    /** Digest of the batch, then its shape in PyTorch's order. */
    transformed: number[];
    /** Of each image by itself. */
    detections: StoredDetections[];
    together: StoredDetections[];
  };
  suppression: { boxes: number[]; scores: number[]; groups: number[]; kept: number[]; alone: number[] }[];
  maskTargets: { object: number; box: number[]; target: number[] }[];
}

const { model: given, ...oracle } = JSON.parse(
  readFileSync(new URL('./testdata/maskrcnn.json', import.meta.url), 'utf8'),
) as Oracle;

function example(index: number): DetectionExample {
  const [height, width] = given.sizes[index]!;
  const pixels = Uint8Array.from(noise(1000 + index, height * width * 3), (value) =>
    Math.floor((value + 0.5) * 256),
  );
  const instances = new Uint8Array(height * width);
  given.objects[index]!.forEach(([x, y, w, h], object) => {
    for (let row = y!; row < y! + h!; row++)
      instances.fill(object + 1, row * width + x!, row * width + x! + w!);
  });
  const labels = Int32Array.from(given.objects[index]!, (object) => object[4]!);
  return { height, width, pixels, instances, labels };
}

const sizes = { minSize: given.minSize, maxSize: given.maxSize, sizeDivisible: 32 };

/** As in the oracle script: fewer regions than torchvision takes, for the sake of time. */
const fewer: DetectorOptions = {
  ...torchvisionOptions,
  proposals: {
    ...torchvisionOptions.proposals,
    before: { training: 2000, evaluation: 200 },
    after: { training: 2000, evaluation: 100 },
  },
  regions: { ...torchvisionOptions.regions, sample: { size: 64, positiveShare: 0.25 }, detections: 20 },
};

function create(): MaskRcnn {
  return new MaskRcnn({
    ...{ name: 'maskrcnn_resnet50_fpn', seed: 0, numClasses: given.classes, channels: 256 },
    hidden: given.hidden,
    backbone: {
      ...{ block: 'bottleneck', depths: [1, 1, 1, 1], width: 64, trainableLayers: 3 },
      norm: { kind: 'frozen', epsilon: 1e-5 },
    },
    detector: fewer,
  });
}

const GAIN: Record<string, number> = {
  'rpn.head.cls_logits.weight': 0.1,
  'rpn.head.bbox_pred.weight': 0.1,
  'roi_heads.box_predictor.cls_score.weight': 0.1,
  'roi_heads.box_predictor.bbox_pred.weight': 0.3,
  'roi_heads.mask_predictor.mask_fcn_logits.weight': 0.1,
};

/** The oracle script's weights. */
function formulaWeights(): WeightSource {
  return new Map(
    Object.entries(given.shapes).map(([name, shape], stream) => {
      const read = async () => {
        const values = noise(stream, elementCount(shape));
        if (shape.length > 1) {
          const fanIn = name.includes('conv5_mask') ? shape[0]! : elementCount(shape.slice(1));
          const scale = Math.sqrt(24 / fanIn) * (GAIN[name] ?? 1);
          return Float32Array.from(values, (value) => value * scale);
        }
        if (!/(running_var|weight)$/.test(name)) return Float32Array.from(values, (value) => 0.4 * value);
        const factor = name.includes('bn3.weight') ? 0.2 : 1;
        return Float32Array.from(values, (value) => (1 + 0.4 * value) * factor);
      };
      return [name, { shape, read }] as const;
    }),
  );
}

beforeAll(() => loadEngine());

test("Mask R-CNN has torchvision's names, its initial distributions, and what it trains", () => {
  const model = create();
  expect(model.parameters.map((parameter) => parameter.name)).toEqual(Object.keys(given.shapes));
  const trainable = model.parameters.filter((parameter) => parameter.trainable).map(({ name }) => name);
  expect(trainable).toEqual(given.trainable);
  for (const parameter of model.parameters) {
    const initial = given.initial[parameter.name];
    if (!initial || parameter.size > 300_000) continue;
    const value = parameter.variable.read();
    expectSameDistribution(parameter.name, readFloats(value), initial);
    value.dispose();
  }
  model.dispose();
});

describe('Mask R-CNN with the weights of torchvision', () => {
  let model: MaskRcnn;
  let detector: Detector;
  let weights: Tensor[];
  const batch = collate([example(0), example(1)], sizes);

  beforeAll(async () => {
    model = create();
    await loadWeights(model, formulaWeights());
    detector = new Detector(model);
    weights = readAll(model.parameters);
  }, 60_000);
  afterAll(() => {
    disposeAll(weights);
    detector.dispose();
    model.dispose();
  });

  test('sees the same batch', () => {
    const { shape, data } = batch.image!;
    const [b, h, w, c] = shape;
    expect([b, c, h, w]).toEqual(given.transformed.slice(4));
    expect(error(digest(data), given.transformed.slice(0, 4))).toBeLessThan(1e-5);
  });

  test('has its losses and gradients', () => {
    const first = (candidates: Int32Array, count: number) => candidates.subarray(0, count);
    const picks = detector.picks(weights, batch, true, first);
    const trainable = model.parameters.filter((parameter) => parameter.trainable);
    tf.tidy(() => {
      const inputs = batchTensors(picks);
      let losses: Record<LossName, Tensor> | undefined;
      const values = new Map(model.parameters.map((parameter, i) => [parameter, weights[i]!]));
      const total = (...moved: Tensor[]) => {
        trainable.forEach((parameter, i) => {
          values.set(parameter, moved[i]!);
        });
        const scope = new Scope(model.parameters, [...values.values()], { training: true });
        losses = model.losses(scope, inputs);
        for (const name of LOSS_NAMES) tf.keep(losses[name]);
        return tf.addN(LOSS_NAMES.map((name) => losses![name])).mean() as ReturnType<typeof tf.scalar>;
      };
      const { grads } = tf.valueAndGrads(total)(trainable.map((parameter) => values.get(parameter)!));
      for (const name of LOSS_NAMES) {
        const value = tf.mean(losses![name]).dataSync()[0]!;
        expect(Math.abs(value / given.losses[name] - 1), name).toBeLessThan(1e-4);
        losses![name].dispose();
      }
      const digests = gradientDigests({ parameters: trainable }, grads);
      expect(differing(digests, given.gradients, 1e-3)).toEqual([]);
    });
  });

  test('detects the same in evaluation, one image at a time', () => {
    given.detections.forEach((expected, i) => {
      const [found] = detector.detect(weights, collate([example(i)], sizes));
      expectSameDetections(found!, expected, i);
    });
  });

  test('detects the same in evaluation, in a batch', () => {
    detector.detect(weights, batch).forEach((found, i) => {
      expectSameDetections(found, given.together[i]!, i);
    });
  });

  test('as a library: the same losses and detections of float images and masks', () => {
    const library = standaloneDetector(model);
    const floats = [0, 1].map((i) => {
      const { pixels, height, width } = example(i);
      return floatTensor(
        Float32Array.from(pixels, (byte) => byte / 255),
        [height, width, 3],
      );
    });
    const targets = [0, 1].map((i) => {
      const { labels, instances, height, width } = example(i);
      const masks = [...labels.keys()].flatMap((object) =>
        Array.from(instances, (found) => Number(found === object + 1)),
      );
      return { labels, masks: tf.tensor(masks, [labels.length, height, width], 'int32') };
    });
    const resizing = { minSize: given.minSize, maxSize: given.maxSize };
    const sampler = (candidates: Int32Array, count: number) => candidates.subarray(0, count);
    const losses = library.forward(floats, { training: true, targets, sampler, ...resizing });
    for (const name of LOSS_NAMES) {
      expect(Math.abs(losses[name].dataSync()[0]! / given.losses[name] - 1), name).toBeLessThan(1e-4);
    }
    library
      .forward(floats, { training: false, ...resizing })
      .forEach(({ boxes, labels, scores, masks }, i) => {
        const expected = given.together[i]!;
        expect([...labels.dataSync()]).toEqual(expected.labels);
        expect(error(readFloats(scores), expected.scores)).toBeLessThan(1e-4);
        expect(error(readFloats(boxes), expected.boxes.flat())).toBeLessThan(1e-4);
        const [height, width] = given.sizes[i]!;
        expect(masks.shape).toEqual([expected.labels.length, height, width]);
        const values = Float64Array.from(readFloats(masks));
        const sum = values.subarray(0, height * width).reduce((total, value) => total + value, 0);
        expect(Math.abs(sum / expected.masks[0]![1] - 1)).toBeLessThan(2e-3);
      });
  });

  function expectSameDetections(found: Detections, expected: StoredDetections, image: number): void {
    const size = given.sizes[image]!;
    const { image_size } = collate([example(image)], sizes);
    const resized = image_size!.data as unknown as [number, number];
    const boxes = resizeBoxes(found.boxes, resized, size);
    expect([...found.labels]).toEqual(expected.labels);
    expect(error(found.scores, expected.scores)).toBeLessThan(1e-4);
    expect(error(boxes, expected.boxes.flat())).toBeLessThan(1e-4);
    expected.masks.forEach(([pixels, sum], i) => {
      const pasted = pasteMask(
        found.masks.subarray(784 * i, 784 * (i + 1)),
        boxes.subarray(4 * i, 4 * i + 4),
        size,
      );
      expect(Math.abs(pasted.filter((value) => value > 0.5).length - pixels), 'pixels').toBeLessThanOrEqual(
        2,
      );
      expect(Math.abs(pasted.reduce((total, value) => total + value, 0) / sum - 1), 'sum').toBeLessThan(2e-3);
    });
  }
});

describe('suppression', () => {
  test.each(oracle.suppression)('keeps the boxes that torchvision keeps: $kept', (one) => {
    const boxes = Float32Array.from(one.boxes);
    const scores = Float32Array.from(one.scores);
    expect([...groupedSuppression(boxes, scores, Int32Array.from(one.groups), 0.5)]).toEqual(one.kept);
    expect([...nonMaximumSuppression(boxes, scores, 0.3)]).toEqual(one.alone);
  });
});

describe('mask targets', () => {
  test.each(oracle.maskTargets)('are those of torchvision for $box', ({ object, box, target }) => {
    const { height, width, instances } = example(0);
    const own = maskTarget(Int32Array.from(instances), [height, width], object, box);
    expect(error(own, target)).toBeLessThan(1e-5);
  });
});
