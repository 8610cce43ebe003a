import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { softmaxCrossEntropy } from '../engine/ops/softmax-cross-entropy.js';
import { assignAll, disposeAll, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { elementCount } from '../formats/dtype.js';
import { Scope } from '../models/layers/scope.js';
import type { Model } from '../models/types.js';
import { exportWeights, loadWeights } from '../models/weights.js';

/** Norm, first, middle and last entry in PyTorch's layout. */
export type Digest = [norm: number, first: number, middle: number, last: number];

export type Distribution = [mean: number, deviation: number, largest: number];

interface Oracle {
  name: string;
  batch: number;
  size: number;
  /** Pattern of the names of weights that are made small. */
  damped: string | null;
  /** Of plain gradient descent. */
  learningRate: number;
  /** PyTorch's, in the order of timm's state dict. */
  shapes: Record<string, number[]>;
  /** What timm starts from. */
  initial: Record<string, Distribution>;
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

export interface OracleSubject {
  /** With 10 classes, for images of `size` × `size` × 3. */
  create(size: number, seed: number): Model;
  /** Largest allowed error of gradients; 1e-4 unless given. */
  readonly gradientTolerance?: number;
}

/**
 * Tests models against timm's: names, shapes, initial distributions, logits in both modes, gradients, and weights and
 * statistics after three steps.
 *
 * @param family file in src/models/testdata, made by scripts/oracles/vision.py
 */
export function describeLikeTimm(family: string, subjects: Readonly<Record<string, OracleSubject>>): void {
  const path = new URL(`../models/testdata/${family}.json`, import.meta.url);
  const { models } = JSON.parse(readFileSync(path, 'utf8')) as { models: Oracle[] };
  beforeAll(() => loadEngine());
  describe.each(models)('$name', (oracle) => describeModel(oracle, subjects[oracle.name]!));
}

function describeModel(given: Oracle, subject: OracleSubject): void {
  const { size, shapes } = given;

  test('has the names of timm in its order, and its initial distributions', () => {
    const net = subject.create(size, 0);
    const isStatistic = (key: string) => /running_(mean|var)$/.test(key);
    const names = Object.keys(shapes);
    expect(net.parameters.map((p) => p.name)).toEqual(names.filter((key) => !isStatistic(key)));
    expect(net.statistics.map((p) => p.name)).toEqual(names.filter(isStatistic));
    for (const parameter of [...net.parameters, ...net.statistics]) {
      if (parameter.size > LARGEST_DRAWN) continue;
      const value = parameter.variable.read();
      expectSameDistribution(parameter.name, readFloats(value), given.initial[parameter.name]!);
      value.dispose();
    }
    net.dispose();
  });

  const weights = formulaWeights(given);
  // The file has nine digits.
  const cases = [
    { precision: 'float64', tolerance: 1e-7, gradientTolerance: 1e-7 },
    { precision: 'float32', tolerance: 1e-4, gradientTolerance: subject.gradientTolerance ?? 1e-4 },
  ] as const;
  test.each(cases)(
    'gives the logits, gradients, statistics and steps of timm in $precision',
    async (one) => {
      await loadEngine({ precision: one.precision });
      const net = subject.create(size, 0);
      try {
        await loadWeights(net, weights);
        compareSteps(net, given, one);
      } finally {
        net.dispose();
        await loadEngine({ precision: 'float32' });
      }
    },
    120_000,
  );
}

function compareSteps(
  net: Model,
  given: Oracle,
  { tolerance, gradientTolerance }: { readonly tolerance: number; readonly gradientTolerance: number },
): void {
  const { batch, size, learningRate } = given;
  const pixels = Float32Array.from(noise(1000, batch * size * size * 3), (value) => 4 * value);
  const image = floatTensor(pixels, [batch, size, size, 3]);
  const labels = tf.range(0, batch, 1, 'int32');
  const all = [...net.parameters, ...net.statistics];
  tf.tidy(() => {
    const logits = net.forward(new Scope(all, readAll(all), { training: false }), { image });
    expect(error(readFloats(logits), given.evalLogits), 'evaluation').toBeLessThan(tolerance);
  });
  given.losses.forEach((expectedLoss, step) => {
    tf.tidy(() => {
      const { value, grads, logits, statistics } = train(net, image, labels);
      expect(error(readFloats(value), [expectedLoss]), `loss of step ${step}`).toBeLessThan(tolerance);
      if (step === 0) {
        expect(error(readFloats(logits), given.trainLogits), 'training').toBeLessThan(tolerance);
        expect(differing(gradientDigests(net, grads), given.gradients, gradientTolerance)).toEqual([]);
      }
      const moved = readAll(net.parameters).map((w, i) => w.sub(grads[i]!.mul(floatTensor(learningRate))));
      assignAll(net.parameters, moved);
      assignAll(net.statistics, statistics);
      disposeAll([logits, ...statistics]);
    });
  });
  disposeAll([image, labels]);
  const after = exportWeights(net).map(
    ({ name, data }) => [name, digest(data as ArrayLike<number>)] as const,
  );
  expect(differing(new Map(after), { ...given.parameters, ...given.statistics }, tolerance)).toEqual([]);
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

const TO_PYTORCH = { same: undefined, conv: [3, 2, 0, 1], linear: [1, 0] };

export function gradientDigests(
  { parameters }: Pick<Model, 'parameters'>,
  gradients: readonly Tensor[],
): Map<string, Digest> {
  const entries = parameters.map((parameter, i) => {
    const axes = TO_PYTORCH[parameter.layout];
    const gradient = axes ? gradients[i]!.transpose(axes) : gradients[i]!;
    return [parameter.name, digest(readFloats(gradient))] as const;
  });
  return new Map(entries);
}

/** The oracle script's formula, as are those of `formulaWeight`. */
export function noise(stream: number, size: number): Float64Array {
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

function formulaWeight(damped: string | null, stream: number, name: string, shape: number[]): Float64Array {
  const values = noise(stream, elementCount(shape));
  if (shape.length > 1) return values.map((value) => value * Math.sqrt(24 / elementCount(shape.slice(1))));
  if (!/(running_var|weight)$/.test(name)) return values.map((value) => 0.4 * value);
  const factor = damped !== null && new RegExp(damped).test(name) ? 0.2 : 1;
  return values.map((value) => factor * (1 + 0.4 * value));
}

function formulaWeights({ shapes, damped }: Oracle) {
  const entries = Object.entries(shapes).map(([key, shape], i) => {
    return [
      key,
      { shape, read: async () => Float32Array.from(formulaWeight(damped, i, key, shape)) },
    ] as const;
  });
  return new Map(entries);
}

export function digest(values: ArrayLike<number>): Digest {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return [Math.sqrt(squares), values[0]!, values[values.length >> 1]!, values[values.length - 1]!];
}

/** Largest difference against the largest number. */
export function error(actual: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / largest;
}

/** Some gradients are zero but for rounding (a bias before BatchNorm): against the largest norm these count as equal. */
const NOTHING = 1e-6;

/** Names whose digest differs from the expected one, with both. */
export function differing(found: Map<string, Digest>, expected: Record<string, Digest>, tolerance: number) {
  expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
  const nothing = NOTHING * Math.max(...Object.values(expected).map(([norm]) => norm));
  const differs = ([name, entry]: [string, Digest]) =>
    Math.max(entry[0], expected[name]![0]) > nothing && !(error(entry, expected[name]!) < tolerance);
  return [...found].filter(differs).map(([name, entry]) => ({ name, entry, expected: expected[name]! }));
}

/** Initial values of larger parameters are not looked at: drawing them takes long. */
const LARGEST_DRAWN = 300_000;

/** Of two samples of the same distribution; a constant must be the same constant. */
export function expectSameDistribution(
  name: string,
  values: ArrayLike<number>,
  [mean, deviation, largest]: Distribution,
) {
  const count = values.length;
  if (deviation === 0) {
    expect(new Set(Array.from(values)), name).toEqual(new Set([Math.fround(mean)]));
    return;
  }
  let sum = 0;
  let squares = 0;
  let ownLargest = 0;
  for (let i = 0; i < count; i++) {
    sum += values[i]!;
    squares += values[i]! ** 2;
    ownLargest = Math.max(ownLargest, Math.abs(values[i]!));
  }
  const own = sum / count;
  const ownDeviation = Math.sqrt(squares / count - own ** 2);
  const uncertainty = 5 / Math.sqrt(count); // five standard errors
  expect(Math.abs(own - mean) / deviation, `mean of ${name}`).toBeLessThan(1.5 * uncertainty);
  expect(Math.abs(Math.log(ownDeviation / deviation)), `spread of ${name}`).toBeLessThan(1.5 * uncertainty);
  if (count < 1000) return;
  const isUniform = (bound: number, spread: number) => bound / spread < 1.8; // √3; a normal's is above 2.5
  expect(isUniform(ownLargest, ownDeviation), `shape of ${name}`).toBe(isUniform(largest, deviation));
}
