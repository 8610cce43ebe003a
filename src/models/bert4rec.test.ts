import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readAll } from '../engine/parameters.js';
import { readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { elementCount } from '../formats/dtype.js';
import { recommendation } from '../tasks/recommendation.js';
import {
  type Digest,
  type Distribution,
  differing,
  error,
  expectSameDistribution,
  gradientDigests,
  noise,
} from '../testing/model-oracle.js';
import { bert4rec } from './bert4rec.js';
import { createModel } from './create.js';
import { Scope } from './layers/scope.js';
import type { Model } from './types.js';
import { loadWeights } from './weights.js';

/** Made by scripts/oracles/bert4rec.py with PyTorch. */
const { model: oracle } = JSON.parse(
  readFileSync(new URL('testdata/bert4rec.json', import.meta.url), 'utf8'),
) as {
  model: Record<'items' | 'length' | 'width' | 'depth' | 'heads' | 'batch' | 'loss', number> &
    Record<'ids' | 'labels' | 'logits', number[]> & {
      shapes: Record<string, number[]>;
      initial: Record<string, Distribution>;
      gradients: Record<string, Digest>;
    };
};
const { batch, length, items } = oracle;

beforeAll(() => loadEngine());

function create(dropout = 0): Model {
  const { width, depth, heads } = oracle;
  return bert4rec.create(
    { width, depth, heads, dropout, pretrained: false },
    { seed: 0, numItems: items, sequenceLength: length },
  );
}

function formulaWeight(stream: number, name: string, shape: number[]): Float64Array {
  const values = noise(stream, elementCount(shape));
  if (name.endsWith('a_2')) return values.map((value) => 1 + 0.4 * value);
  if (shape.length === 1) return values.map((value) => 0.4 * value);
  const scaled = values.map((value) => value * Math.sqrt(24 / shape[1]!));
  return name === 'bert.embedding.token.weight' ? scaled.fill(0, 0, shape[1]) : scaled;
}

async function createWithFormula(): Promise<Model> {
  const model = create();
  const entries = Object.entries(oracle.shapes).map(([name, shape], i) => {
    const read = async () => Float32Array.from(formulaWeight(i, name, shape));
    return [name, { shape, read }] as const;
  });
  await loadWeights(model, new Map(entries));
  return model;
}

const tokens = () => tf.tensor2d(oracle.ids, [batch, length], 'int32');
const scopeOf = (model: Model, values: readonly Tensor[], training = false) =>
  new Scope(model.parameters, values, { training });

/** The masked places as the task has them, in `slots` columns. */
function maskedPlaces(slots: number) {
  const positions = new Int32Array(batch * slots);
  const labels = new Int32Array(batch * slots);
  const next = new Int32Array(batch);
  oracle.labels.forEach((label, i) => {
    if (label === 0) return;
    const row = Math.floor(i / length);
    const slot = row * slots + next[row]!++;
    positions[slot] = i % length;
    labels[slot] = label;
  });
  const masked = next.reduce((sum, count) => sum + count, 0);
  return {
    positions: tf.tensor2d(positions, [batch, slots], 'int32'),
    labels: tf.tensor2d(labels, [batch, slots], 'int32'),
    weight: tf.fill([batch], batch / masked),
  };
}

test('has the names of the reference and its initial distributions', () => {
  const model = create();
  expect(model.parameters.map(({ name }) => name)).toEqual(Object.keys(oracle.shapes));
  for (const parameter of model.parameters) {
    const value = parameter.variable.read();
    expectSameDistribution(parameter.name, readFloats(value), oracle.initial[parameter.name]!);
    value.dispose();
  }
  model.dispose();
});

describe.each([
  // adding 10⁻⁶ to the variance instead of the deviation shows in double precision
  { precision: 'float64', tolerance: 5e-6 },
  { precision: 'float32', tolerance: 1e-4 },
] as const)('in $precision', ({ precision, tolerance }) => {
  test('gives the logits, the loss and the gradients of PyTorch', async () => {
    await loadEngine({ precision });
    const model = await createWithFormula();
    try {
      tf.tidy(() => {
        const ids = tokens();
        const logits = model.forward(scopeOf(model, readAll(model.parameters)), { ids });
        expect(logits.shape).toEqual([batch, length, items + 1]);
        expect(error(readFloats(logits), oracle.logits)).toBeLessThan(tolerance);

        const loss = (...values: Tensor[]) => {
          const places = maskedPlaces(4);
          return recommendation
            .forward(model, scopeOf(model, values, true), { ids, ...places })
            .losses.mean();
        };
        const { value, grads } = tf.valueAndGrads(loss as never)(readAll(model.parameters));
        expect(error(readFloats(value), [oracle.loss])).toBeLessThan(tolerance);
        expect(differing(gradientDigests(model, grads), oracle.gradients, tolerance)).toEqual([]);
      });
    } finally {
      model.dispose();
      await loadEngine({ precision: 'float32' });
    }
  });
});

test('logits at chosen places are those of all places', async () => {
  const model = await createWithFormula();
  tf.tidy(() => {
    const scope = scopeOf(model, readAll(model.parameters));
    const positions = tf.tensor2d([7, 3, 0, 7, 1, 7], [batch, 2], 'int32');
    const chosen = readFloats(model.forward(scope, { ids: tokens(), positions }));
    const rows = [7, 3, 8, 15, 17, 23].flatMap((row) =>
      oracle.logits.slice(row * (items + 1), (row + 1) * (items + 1)),
    );
    expect(error(chosen, rows)).toBeLessThan(1e-4);
  });
  model.dispose();
});

test('dropout is on in training alone, by its seed', () => {
  const model = create(0.5);
  tf.tidy(() => {
    const values = readAll(model.parameters);
    const logits = (training: boolean, seed: number) => {
      const scope = new Scope(model.parameters, values, { training, seed: tf.tensor1d([seed, 0], 'int32') });
      return [...readFloats(model.forward(scope, { ids: tokens() }))];
    };
    expect(logits(true, 1)).toEqual(logits(true, 1));
    expect(logits(true, 1)).not.toEqual(logits(true, 2));
    expect(logits(false, 1)).toEqual(logits(false, 2));
  });
  model.dispose();
});

test('is to be had by its name', async () => {
  const model = await createModel({
    ...{ name: 'bert4rec', numItems: 5, sequenceLength: 4 },
    options: { width: 8, depth: 1 },
  });
  const ids = tf.tensor2d([0, 1, 2, 6], [1, 4], 'int32');
  const logits = model.forward(ids, { training: false });
  expect(logits.shape).toEqual([1, 4, 6]);
  tf.dispose([ids, logits]);
  model.dispose();
});

test('what does not fit is refused', () => {
  const options = bert4rec.options.parse({ heads: 3 });
  expect(() => bert4rec.create(options, { seed: 0, numItems: 5, sequenceLength: 4 })).toThrow(
    /width 256 is not a multiple of heads 3/,
  );
  expect(() => bert4rec.create(bert4rec.options.parse({}), { seed: 0, numClasses: 5 })).toThrow(
    /its dataset must have sequences of items/,
  );
});
