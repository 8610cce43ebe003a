import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Parameter } from '../engine/parameters.js';
import { readFloats } from '../engine/raw.js';
import { loadEngine, tf } from '../engine/tf.js';
import { MissingError, UsageError } from '../errors.js';
import type { TensorEntry } from '../formats/dtype.js';
import { writeSafetensors } from '../formats/safetensors-write.js';
import { createModel } from './create.js';
import { models } from './registry.js';
import type { Model } from './types.js';
import { exportWeights, loadWeights } from './weights.js';

beforeAll(() => loadEngine());

const owned: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of owned.splice(0)) one.dispose();
});

function resnet8(seed: number, numClasses = 10): Model {
  const model = models.resnet8.create({ pretrained: false }, { seed, numClasses, imageShape: [28, 28, 1] });
  owned.push(model);
  return model;
}

const values = (model: Model) =>
  new Map(exportWeights(model).map(({ name, data }) => [name, data as Float32Array]));

const source = (model: Model): Map<string, Pick<TensorEntry, 'shape' | 'read'>> =>
  new Map(
    exportWeights(model).map(({ name, shape, data }) => [
      name,
      { shape, read: async () => data as Float32Array },
    ]),
  );

describe('layouts', () => {
  const only = (parameter: Parameter): Model => {
    owned.push(parameter);
    return {
      name: 'test',
      parameters: [parameter],
      statistics: [],
      head: [],
      forward: () => tf.scalar(0),
      dispose: () => {},
    };
  };
  const counting = (shape: number[], layout: 'conv' | 'linear' | 'same') => {
    const size = shape.reduce((product, length) => product * length, 1);
    return only(
      new Parameter('w', { shape, values: Float32Array.from({ length: size }, (_, i) => i) }, true, layout),
    );
  };

  test('a kernel [h, w, in, out] is [out, in, h, w] in PyTorch', () => {
    const [exported] = exportWeights(counting([2, 3, 2, 2], 'conv'));
    expect(exported?.shape).toEqual([2, 2, 2, 3]);
    const expected = tf.range(0, 24).reshape([2, 3, 2, 2]).transpose([3, 2, 0, 1]).dataSync();
    expect(exported?.data).toEqual(expected);
  });

  test('a linear weight [in, out] is [out, in] in PyTorch', () => {
    const [exported] = exportWeights(counting([2, 3], 'linear'));
    expect([exported?.shape, exported?.data]).toEqual([[3, 2], Float32Array.of(0, 3, 1, 4, 2, 5)]);
  });

  test.each([
    [[2, 3, 4, 5], 'conv'],
    [[4, 3], 'linear'],
    [[7], 'same'],
    [[], 'same'],
  ] as const)('%j as %s survives the way there and back', async (shape, layout) => {
    const from = counting([...shape], layout);
    const to = counting([...shape], layout);
    to.parameters[0]!.variable.assign(tf.zeros([...shape]));
    await loadWeights(to, source(from));
    expect(values(to)).toEqual(values(from));
  });
});

describe('loadWeights', () => {
  test('takes over everything, statistics included, and ignores num_batches_tracked', async () => {
    const from = resnet8(1);
    from.statistics[0]!.variable.assign(tf.fill([16], 0.25));
    const to = resnet8(2);
    const weights = source(from);
    weights.set('bn1.num_batches_tracked', { shape: [], read: async () => BigInt64Array.of(3n) });
    expect(await loadWeights(to, weights)).toEqual([]);
    expect(values(to)).toEqual(values(from));
  });

  test('names all that is missing, unknown or of another shape, and changes nothing', async () => {
    const model = resnet8(1);
    const before = values(model);
    const weights = source(resnet8(2, 7));
    weights.delete('bn1.weight');
    weights.set('extra.weight', { shape: [1], read: async () => Float32Array.of(1) });
    const loading = loadWeights(model, weights, { source: '/data/w.safetensors' });
    await expect(loading).rejects.toThrow(MissingError);
    await expect(loading).rejects.toThrow(
      '/data/w.safetensors do not fit resnet8: missing bn1.weight; not in the model: extra.weight; ' +
        'wrong shape: fc.weight is [7,64], expected [10,64], fc.bias is [7], expected [10].',
    );
    expect(values(model)).toEqual(before);
  });

  test('counts the rest of a long list', async () => {
    await expect(loadWeights(resnet8(1), new Map())).rejects.toThrow(
      /: missing conv1\.weight, (\S+, ){3}\S+ and 42 more\./,
    );
  });

  test('with replaceHead, a classifier of other classes stays as it is', async () => {
    const from = resnet8(1, 7);
    const model = resnet8(2);
    const before = values(model);
    expect(await loadWeights(model, source(from), { replaceHead: true })).toEqual(['fc.weight', 'fc.bias']);
    expect(values(model).get('fc.weight')).toEqual(before.get('fc.weight'));
    expect(values(model).get('conv1.weight')).toEqual(values(from).get('conv1.weight'));
  });

  test('with replaceHead, a classifier that fits is loaded', async () => {
    const from = resnet8(1);
    const model = resnet8(2);
    expect(await loadWeights(model, source(from), { replaceHead: true })).toEqual([]);
    expect(values(model).get('fc.weight')).toEqual(values(from).get('fc.weight'));
  });
});

describe('createModel', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gen-bench-weights-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const create = async (seed: number) => {
    const model = await createModel({ name: 'resnet8', numClasses: 3, inputSize: 8, channels: 1, seed });
    owned.push(model);
    return model;
  };

  test('loads a safetensors file and then gives the same logits', async () => {
    const from = await create(1);
    const path = join(directory, 'resnet8.safetensors');
    await writeSafetensors(path, from.exportWeights());
    const to = await create(2);
    const image = tf.randomNormal([2, 8, 8, 1], 0, 1, 'float32', 3);
    const expected = readFloats(from.forward(image, { training: false }));
    expect(readFloats(to.forward(image, { training: false }))).not.toEqual(expected);
    await to.loadWeights(path);
    expect(readFloats(to.forward(image, { training: false }))).toEqual(expected);
  });

  test('training mode moves the running statistics and leaks no tensors', async () => {
    const model = await create(1);
    const image = tf.ones([2, 8, 8, 1]);
    const mean = () => tf.tidy(() => [...readFloats(model.statistics[0]!.variable.read())]);
    const before = mean();
    model.forward(image, { training: false }).dispose(); // all weights have values from now on
    const live = tf.memory().numTensors;
    model.forward(image, { training: true }).dispose();
    model.forward(image, { training: false }).dispose();
    expect(tf.memory().numTensors).toBe(live);
    expect(mean()).not.toEqual(before);
  });

  test('an unknown name is refused with the names there are', async () => {
    const creating = createModel({ name: 'resnet9', numClasses: 3, inputSize: 8 });
    await expect(creating).rejects.toThrow(UsageError);
    await expect(creating).rejects.toThrow(/resnet8, resnet20/);
  });
});

describe('createModel of text', () => {
  test('takes ids, alone or with a mask, and gives logits', async () => {
    const model = await createModel({ name: 'all-MiniLM-L6-v2', numClasses: 3 });
    owned.push(model);
    const ids = tf.tensor2d([[101, 2023, 102, 0]], [1, 4], 'int32');
    const mask = tf.tensor2d([[1, 1, 1, 0]], [1, 4], 'int32');
    const masked = model.forward(ids, { mask, training: false });
    expect(masked.shape).toEqual([1, 3]);
    const same = model.forward({ ids, mask }, { training: false });
    expect(readFloats(same)).toEqual(readFloats(masked));
    const short = model.forward(ids.slice([0, 0], [1, 3]), { training: false });
    expect(Math.abs(readFloats(short)[0]! - readFloats(masked)[0]!)).toBeLessThan(1e-5);
    const dropped = model.forward({ ids, mask }, { training: true, dropoutSeed: [1, 2] });
    expect(readFloats(dropped)).not.toEqual(readFloats(masked));
  });

  test('decodes with a language model, and leaves nothing behind', async () => {
    const options = { width: 16, depth: 2, heads: 2, vocab_size: 50, positions: 8 };
    const model = await createModel({ name: 'gpt2-mini', options });
    owned.push(model);
    const ids = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
    model.forward(ids, { training: false }).dispose(); // all weights have values from now on
    const live = tf.memory().numTensors;
    const all = model.forward(ids, { training: false });
    expect(all.shape).toEqual([1, 3, 50]);
    const { logits, cache } = model.decode!({ ids });
    expect(logits.shape).toEqual([1, 50]);
    for (const tensor of [all, logits, ...cache.flatMap(({ key, value }) => [key, value])]) tensor.dispose();
    expect(tf.memory().numTensors).toBe(live);
  });

  test('refuses options that a model does not have', async () => {
    await expect(createModel({ name: 'gpt2', options: { width: 3 } })).rejects.toThrow(/model gpt2: .*width/);
  });
});
