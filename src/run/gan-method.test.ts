import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostBatch } from '../data/types.js';
import { loadEngine, tf } from '../engine/tf.js';
import { elementCount } from '../formats/dtype.js';
import { GenController } from '../gen/controller.js';
import { resolveGenOptions } from '../gen/options.js';
import { dcgan } from '../models/dcgan.js';
import type { GenerativeModel } from '../models/types.js';
import { exportWeights, loadWeights } from '../models/weights.js';
import { adam } from '../optimizers/adam.js';
import { discriminatorTask, gan, generatorTask } from '../tasks/gan.js';
import {
  type Digest,
  type Distribution,
  differing,
  digest,
  expectSameDistribution,
  noise,
} from '../testing/model-oracle.js';
import { GanMethod } from './gan-method.js';
import { type Method, ScheduledMethod } from './method.js';
import { Objective } from './objective.js';

/** Made by scripts/oracles/dcgan.py with PyTorch. */
const { tiny, initial } = JSON.parse(
  readFileSync(new URL('../models/testdata/dcgan.json', import.meta.url), 'utf8'),
) as {
  tiny: Record<'latent' | 'width' | 'channels' | 'side' | 'batch', number> & {
    shapes: Record<string, number[]>;
    steps: Record<string, number>[];
    after: Record<string, Digest>;
  };
  initial: Record<string, Distribution>;
};
const { latent, width, channels, side, batch } = tiny;

beforeAll(() => loadEngine({ precision: 'float64' }));
afterAll(() => loadEngine({ precision: 'float32' }));

function formulaWeight(stream: number, name: string, shape: number[]): Float64Array {
  const values = noise(stream, elementCount(shape));
  if (shape.length > 1) return values.map((value) => 0.6 * value);
  if (/(running_var|weight)$/.test(name)) return values.map((value) => 1 + 0.4 * value);
  return values.map((value) => 0.4 * value);
}

async function createTiny(): Promise<GenerativeModel> {
  const model = dcgan.create(
    { latent, width, pretrained: false },
    { seed: 0, imageShape: [side, side, channels] },
  ) as GenerativeModel;
  const entries = Object.entries(tiny.shapes).map(([name, shape], i) => {
    const read = async () => Float32Array.from(formulaWeight(i, name, shape));
    return [name, { shape, read }] as const;
  });
  await loadWeights(model, new Map(entries));
  return model;
}

/** Of a step, counted from 0 as the oracle does. */
function batchOf(step: number): HostBatch {
  const pixels = Float32Array.from(
    noise(1000 + step, batch * side * side * channels),
    (value) => 2 * Math.fround(value),
  );
  const latents = Float32Array.from(noise(2000 + step, batch * latent), (value) => 4 * Math.fround(value));
  return {
    image: { shape: [batch, side, side, channels], data: pixels },
    latent: { shape: [batch, latent], data: latents },
  };
}

type Build = (objective: Objective) => Method;

const constant: Build = (objective) =>
  new ScheduledMethod(objective, adam.create(objective.trainable, options), () => 2e-4);
const gen: Build = (objective) =>
  new GenController(
    objective,
    adam.create(objective.trainable, options),
    resolveGenOptions({ phi: 2 }),
    2e-4,
  );
const options = { ...adam.options.parse({ lr: 2e-4 }), betas: [0.5, 0.999] as [number, number] };

function methods(model: GenerativeModel, build: Build, microBatchSize = batch) {
  const whole = new Objective(model, gan, { microBatchSize, gradClip: null });
  const own = new Set(model.generatorParameters);
  const others = model.parameters.filter((parameter) => !own.has(parameter));
  const parts = {
    discriminator: build(whole.part(discriminatorTask, others)),
    generator: build(whole.part(generatorTask, model.generatorParameters)),
  };
  return { whole, parts, method: new GanMethod(parts, latent) };
}

const context = (step: number, data = batchOf(step)) => ({
  ...{ step: step + 1, totalSteps: 6, seed: 3, batch: data },
  nextBatch: async () => batchOf(step + 1),
});

test('three steps of both networks are those of the tutorial', async () => {
  const model = await createTiny();
  const { whole, parts } = methods(model, constant);
  for (const [step, expected] of tiny.steps.entries()) {
    const d = await parts.discriminator.step(context(step));
    const g = await parts.generator.step(context(step));
    const found: Record<string, number | undefined> = {
      ...d.scores,
      ...g.scores,
      ...{ loss: d.loss, generator_loss: g.loss, grad_norm: d.gradNorm, generator_grad_norm: g.gradNorm },
    };
    for (const [name, value] of Object.entries(expected)) {
      expect(found[name]! / value, `${name} of step ${step}`).toBeCloseTo(1, 7);
    }
  }
  const after = exportWeights(model).map(
    ({ name, data }) => [name, digest(data as ArrayLike<number>)] as const,
  );
  expect(differing(new Map(after), tiny.after, 1e-7)).toEqual([]);
  whole.dispose();
  model.dispose();
});

describe('the two together', () => {
  test('draw latents by seed and step, fill the columns of both, and leave nothing behind', async () => {
    const model = await createTiny();
    const { whole, method } = methods(model, gen);
    const image = { image: batchOf(0).image! };
    await method.step(context(0, image));
    await method.step(context(1, image));
    const before = tf.memory().numTensors;
    const outcome = await method.step(context(2, image));
    const probed = await method.step(context(3, image));
    expect(tf.memory().numTensors).toBe(before);
    expect(Object.keys(outcome.scores).sort()).toEqual([...gan.scoreNames].sort());
    expect(outcome).toMatchObject({ forwardPasses: 2, backwardPasses: 2 });
    expect(probed).toMatchObject({ forwardPasses: 8, backwardPasses: 2 });
    expect(probed.scores.generator_gg).toBeTypeOf('number');
    expect(probed.probe?.gg).toBeTypeOf('number');
    whole.dispose();
    model.dispose();
  });

  test('go on from a checkpoint as if nothing had happened', async () => {
    const image = { image: batchOf(0).image! };
    const [first, second] = [await createTiny(), await createTiny()];
    const a = methods(first, gen);
    const b = methods(second, gen);
    for (const step of [0, 1]) await a.method.step(context(step, image));
    await loadWeights(
      second,
      new Map(
        exportWeights(first).map((w) => [w.name, { shape: w.shape, read: async () => w.data as never }]),
      ),
    );
    const state = a.method.state();
    b.method.restore(state);
    for (const tensor of Object.values(state.tensors)) tensor.dispose();
    for (const step of [2, 3]) {
      const [one, other] = [
        await a.method.step(context(step, image)),
        await b.method.step(context(step, image)),
      ];
      expect(other.loss).toBe(one.loss);
      expect(other.scores).toEqual(one.scores);
      expect(other.learningRate).toBe(one.learningRate);
    }
    for (const { whole } of [a, b]) whole.dispose();
    for (const model of [first, second]) model.dispose();
  });
});

describe('dcgan', () => {
  test("has the tutorial's names, shapes and initial distributions at 64 pixels", async () => {
    const model = dcgan.create(dcgan.options.parse({}), { seed: 0, imageShape: [64, 64, 3] });
    const all = [...model.parameters, ...model.statistics];
    expect(all.map(({ name }) => name).sort()).toEqual(Object.keys(initial).sort());
    expect(model.parameters.reduce((sum, { size }) => sum + size, 0)).toBe(3_576_704 + 2_765_568);
    for (const parameter of all.filter(({ size }) => size < 300_000)) {
      const value = parameter.variable.read();
      expectSameDistribution(parameter.name, value.dataSync(), initial[parameter.name]!);
      value.dispose();
    }
    model.dispose();
  });

  test('refuses images it cannot make', () => {
    const create = (height: number, width: number) =>
      dcgan.create(dcgan.options.parse({}), { seed: 0, imageShape: [height, width, 1] });
    expect(() => create(28, 28)).toThrow(/these images have 28 × 28: set dataset\.image_size/);
    expect(() => create(32, 64)).toThrow(/32 × 64/);
    expect(() => create(4, 4)).toThrow(/4 × 4/);
  });
});
