import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { softmaxCrossEntropy } from '../engine/ops/softmax-cross-entropy.js';
import { assignAll, disposeAll, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { elementCount } from '../formats/dtype.js';
import { Scope } from './layers/scope.js';
import { models } from './registry.js';
import type { Model } from './types.js';
import { exportWeights, loadWeights } from './weights.js';

/** Norm, first, middle and last entry in PyTorch's layout. */
type Digest = [norm: number, first: number, middle: number, last: number];

interface Oracle {
  name: 'resnet18' | 'resnet50';
  batch: number;
  size: number;
  /** PyTorch's, in the order of timm's state dict. */
  shapes: Record<string, number[]>;
  /** Parameters that timm starts at zero. */
  zeroAtFirst: string[];
  evalLogits: number[];
  /** Of the first step. */
  trainLogits: number[];
  gradients: Record<string, Digest>;
  /** Of every step. */
  losses: number[];
  /** After the last step. */
  statistics: Record<string, Digest>;
  parameters: Record<string, Digest>;
}

/** Made by scripts/oracles/resnet.py with timm. */
const oracle = JSON.parse(readFileSync(new URL('./testdata/resnet.json', import.meta.url), 'utf8')) as {
  learningRate: number;
  models: Oracle[];
};

/** The oracle script's formula, as are those of `weight`. */
function noise(stream: number, size: number): Float64Array {
  const values = new Float64Array(size);
  const start = Math.imul(stream, 0x9e3779b1);
  for (let i = 0; i < size; i++) {
    let x = (i + start) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    values[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  }
  return values;
}

const LAST_IN_BLOCK = { resnet18: /bn2\.weight$/, resnet50: /bn3\.weight$/ };

function weight(model: Oracle['name'], stream: number, name: string, shape: number[]): Float64Array {
  const values = noise(stream, elementCount(shape));
  if (shape.length > 1) return values.map((value) => value * Math.sqrt(24 / elementCount(shape.slice(1))));
  if (!/(running_var|weight)$/.test(name)) return values.map((value) => 0.4 * value);
  const factor = LAST_IN_BLOCK[model].test(name) ? 0.2 : 1;
  return values.map((value) => factor * (1 + 0.4 * value));
}

function digest(values: ArrayLike<number>): Digest {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return [Math.sqrt(squares), values[0]!, values[values.length >> 1]!, values[values.length - 1]!];
}

/** Largest difference against the largest number. */
function error(actual: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / largest;
}

/** Names whose digest differs from the expected one, with both. */
function differing(found: Map<string, Digest>, expected: Record<string, Digest>, tolerance: number) {
  expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
  return [...found].filter(([name, entry]) => !(error(entry, expected[name]!) < tolerance));
}

/** One training pass: loss, logits, gradients and new statistics. */
function train(model: Model, image: Tensor, labels: Tensor) {
  const statistics = readAll(model.statistics);
  const all = [...model.parameters, ...model.statistics];
  let scope: Scope | undefined;
  let logits: Tensor | undefined;
  const loss = (...parameters: Tensor[]) => {
    scope = new Scope(all, [...parameters, ...statistics], { training: true });
    logits = tf.keep(model.forward(scope, { image }));
    return softmaxCrossEntropy(logits, labels).mean();
  };
  const { value, grads } = tf.valueAndGrads(loss)(readAll(model.parameters));
  return { value, grads, logits: logits!, statistics: scope!.statistics(model.statistics) };
}

/**
 * In 50 layers some activation always lies so near zero that rounding decides whether ReLU passes it: PyTorch's own
 * float32 gradients of this problem are up to 7e-3 away from its float64 ones.
 */
const GRADIENT_TOLERANCE = { resnet18: 1e-4, resnet50: 1e-2 };

const TO_PYTORCH = { same: undefined, conv: [3, 2, 0, 1], linear: [1, 0] };

beforeAll(() => loadEngine());

describe.each(oracle.models)('$name', (given) => {
  const { name, batch, size, shapes } = given;
  const model = () => models[name].create({}, { seed: 0, numClasses: 10, imageShape: [size, size, 3] });
  const weights = new Map(
    Object.entries(shapes).map(([key, shape], i) => {
      return [key, { shape, read: async () => weight(name, i, key, shape) }] as const;
    }),
  );
  let net: Model;
  let image: Tensor;
  let labels: Tensor;

  beforeAll(async () => {
    net = model();
    image = floatTensor(
      noise(1000, batch * size * size * 3).map((value) => 4 * value),
      [batch, size, size, 3],
    );
    labels = tf.range(0, batch, 1, 'int32');
  });
  afterAll(() => {
    net.dispose();
    disposeAll([image, labels]);
  });

  test('has the names and shapes of timm, in its order', () => {
    const found = Object.fromEntries(exportWeights(net).map(({ name: key, shape }) => [key, shape]));
    expect(found).toEqual(shapes);
    const isStatistic = (key: string) => /running_(mean|var)$/.test(key);
    const names = Object.keys(shapes);
    expect(net.parameters.map((p) => p.name)).toEqual(names.filter((key) => !isStatistic(key)));
    expect(net.statistics.map((p) => p.name)).toEqual(names.filter(isStatistic));
  });

  test('starts from the distributions of timm', () => {
    for (const { name: key, shape, data } of exportWeights(net)) {
      const values = data as Float32Array;
      const [norm] = digest(values);
      const deviation = norm / Math.sqrt(values.length);
      if (given.zeroAtFirst.includes(key) || /(running_mean|bn\d\.bias|downsample\.1\.bias)$/.test(key)) {
        expect(norm, key).toBe(0);
      } else if (shape.length === 4) {
        const expected = Math.sqrt(2 / (shape[0]! * shape[2]! * shape[3]!));
        expect(Math.abs(deviation / expected - 1), key).toBeLessThan(0.05);
      } else if (key.startsWith('fc.')) {
        const bound = 1 / Math.sqrt(shapes['fc.weight']![1]!);
        expect(Math.max(...values.map(Math.abs)), key).toBeLessThanOrEqual(bound);
        expect(deviation, key).toBeGreaterThan(0.3 * bound);
      } else expect(new Set(values), key).toEqual(new Set([1]));
    }
  });

  test('gives the logits, gradients, statistics and steps of timm', async () => {
    await loadWeights(net, weights);
    const evalLogits = tf.tidy(() => {
      const all = [...net.parameters, ...net.statistics];
      return net.forward(new Scope(all, readAll(all), { training: false }), { image });
    });
    expect(error(readFloats(evalLogits), given.evalLogits)).toBeLessThan(1e-4);
    evalLogits.dispose();

    given.losses.forEach((expectedLoss, step) => {
      tf.tidy(() => {
        const { value, grads, logits, statistics } = train(net, image, labels);
        expect(error(readFloats(value), [expectedLoss]), `loss of step ${step}`).toBeLessThan(1e-4);
        if (step === 0) {
          expect(error(readFloats(logits), given.trainLogits)).toBeLessThan(1e-4);
          const found = net.parameters.map((parameter, i) => {
            const axes = TO_PYTORCH[parameter.layout];
            const gradient = axes ? grads[i]!.transpose(axes) : grads[i]!;
            return [parameter.name, digest(readFloats(gradient))] as const;
          });
          expect(differing(new Map(found), given.gradients, GRADIENT_TOLERANCE[name])).toEqual([]);
        }
        const moved = readAll(net.parameters).map((w, i) => w.sub(grads[i]!.mul(oracle.learningRate)));
        assignAll(net.parameters, moved);
        assignAll(net.statistics, statistics);
        disposeAll([logits, ...statistics]);
      });
    });
    const after = exportWeights(net).map(
      (tensor) => [tensor.name, digest(tensor.data as Float32Array)] as const,
    );
    expect(differing(new Map(after), { ...given.parameters, ...given.statistics }, 1e-4)).toEqual([]);
  }, 120_000);
});

test('the same seed gives the same weights, whatever the number of classes', () => {
  const make = (seed: number, numClasses: number) => {
    const model = models.resnet8.create({ pretrained: false }, { seed, numClasses, imageShape: [28, 28, 1] });
    const weights = new Map(exportWeights(model).map(({ name, data }) => [name, data as Float32Array]));
    model.dispose();
    return weights;
  };
  const first = make(5, 10);
  expect(make(5, 10)).toEqual(first);
  expect(make(5, 7).get('conv1.weight')).toEqual(first.get('conv1.weight'));
  expect(make(6, 10).get('conv1.weight')).not.toEqual(first.get('conv1.weight'));
});

test.each([
  ['resnet8', 78_042],
  ['resnet20', 272_474],
] as const)('%s has %i parameters for CIFAR-10 and takes any image size', (name, count) => {
  const model = models[name].create(
    { pretrained: false },
    { seed: 0, numClasses: 10, imageShape: [32, 32, 3] },
  );
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const all = [...model.parameters, ...model.statistics];
    const scope = new Scope(all, readAll(all), { training: true, trackStatistics: false });
    expect(model.forward(scope, { image: tf.zeros([2, 31, 40, 3]) }).shape).toEqual([2, 10]);
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(model.parameters.reduce((sum, { size }) => sum + size, 0)).toBe(count);
  model.dispose();
});

test('without images or classes a ResNet says so', () => {
  expect(() => models.resnet18.create({}, { seed: 0 })).toThrow(/resnet18 classifies images/);
});
