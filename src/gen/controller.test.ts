import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { compileMode } from '../engine/compile.js';
import type { Parameter } from '../engine/parameters.js';
import { readAll } from '../engine/parameters.js';
import { loadEngine, tf } from '../engine/tf.js';
import { adamw } from '../optimizers/adamw.js';
import { sgd } from '../optimizers/sgd.js';
import type { Optimizer } from '../optimizers/types.js';
import type { StepOutcome } from '../run/method.js';
import { Objective } from '../run/objective.js';
import { smallBatch, smallNetwork, smallTask } from '../testing/small-network.js';
import { GenController } from './controller.js';
import { type GenOptionsInput, resolveGenOptions } from './options.js';

const STEPS = 24;

interface Trajectory {
  rates: number[];
  norms: number[];
  weights: number[];
}

const oracle = JSON.parse(readFileSync(new URL('./testdata/gen.json', import.meta.url), 'utf8')) as {
  cases: Record<string, Trajectory>;
};

const bases: Record<string, { rate: number; create(parameters: readonly Parameter[]): Optimizer }> = {
  sgd: {
    rate: 0.05,
    create: (parameters) =>
      sgd.create(parameters, sgd.options.parse({ lr: 0.05, momentum: 0.9, weight_decay: 5e-4 })),
  },
  adamw: {
    rate: 0.01,
    create: (parameters) => adamw.create(parameters, adamw.options.parse({ lr: 0.01, weight_decay: 0.01 })),
  },
};

async function train(
  base: string,
  input: GenOptionsInput,
  steps = STEPS,
  microBatchSize = 12,
): Promise<Trajectory & { outcomes: StepOutcome[] }> {
  const model = smallNetwork();
  const objective = new Objective(model, smallTask, { microBatchSize, gradClip: null });
  const { rate, create } = bases[base]!;
  const controller = new GenController(
    objective,
    create(objective.trainable),
    resolveGenOptions(input),
    rate,
  );
  const outcomes: StepOutcome[] = [];
  const norms: number[] = [];
  let weights: number[] = [];
  for (let step = 1; step <= steps; step++) {
    outcomes.push(
      await controller.step({
        step,
        totalSteps: STEPS,
        seed: 0,
        batch: smallBatch(step),
        nextBatch: async () => smallBatch(step + 1),
      }),
    );
    const values = readAll(model.parameters);
    weights = values.flatMap((tensor) => Array.from(tensor.dataSync()));
    for (const tensor of values) tensor.dispose();
    norms.push(Math.hypot(...weights));
  }
  controller.dispose();
  objective.dispose();
  model.dispose();
  return { rates: outcomes.map((o) => o.learningRate), norms, weights: weights.slice(0, 6), outcomes };
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(
      tolerance * Math.max(1e-3, Math.abs(expected[i]!)),
    );
  });
}

beforeAll(async () => {
  await loadEngine({ precision: 'float64' });
});

afterEach(() => {
  compileMode.enabled = true;
});

describe.each([true, false])('trajectories, compiled: %s', (compiled) => {
  // curve_fit of the released package iterates to about 1e-8.
  test.each<[string, string, GenOptionsInput, number]>([
    ['authors, sgd, phi 1', 'sgd', { preset: 'authors-exact', phi: 1 }, 1e-6],
    ['authors, sgd, phi 4', 'sgd', { preset: 'authors-exact', phi: 4 }, 1e-6],
    ['authors, sgd, phi 1, linear', 'sgd', { preset: 'authors-exact', phi: 1, decay: 'linear' }, 1e-6],
    ['authors, adamw, phi 1', 'adamw', { preset: 'authors-exact', phi: 1 }, 1e-6],
    [
      'authors, adamw, phi 2, five points',
      'adamw',
      { preset: 'authors-exact', phi: 2, points: [-2, -1, 0, 1, 2] },
      1e-6,
    ],
    ['paper, sgd, phi 1', 'sgd', { preset: 'paper', phi: 1 }, 1e-7],
    ['paper, sgd, phi 8', 'sgd', { preset: 'paper' }, 1e-7],
    ['paper, adamw, phi 1', 'adamw', { preset: 'paper', phi: 1 }, 1e-7],
    ['paper, adamw, phi 3, gamma 0.5', 'adamw', { preset: 'paper', phi: 3, gamma: 0.5 }, 1e-7],
  ])('%s', async (name, base, options, tolerance) => {
    compileMode.enabled = compiled;
    const expected = oracle.cases[name]!;
    const actual = await train(base, options);
    expectClose(actual.rates, expected.rates, tolerance);
    expectClose(actual.norms, expected.norms, tolerance);
    expectClose(actual.weights, expected.weights, tolerance);
  });
});

describe('probes', () => {
  test('accumulate over physical batches as the gradient does', async () => {
    const whole = await train('sgd', { phi: 2 });
    const split = await train('sgd', { phi: 2 }, STEPS, 5); // 12 = 5 + 5 + 2
    expectClose(split.rates, whole.rates, 1e-9);
    expectClose(split.norms, whole.norms, 1e-9);
  });

  test('cost what the method says', async () => {
    const passes = async (options: GenOptionsInput) => {
      const { outcomes } = await train('sgd', { phi: 2, ...options }, 2);
      return [outcomes[0]!.forwardPasses, outcomes[1]!.forwardPasses, outcomes[1]!.backwardPasses];
    };
    expect(await passes({ probe_batch: 'next' })).toEqual([1, 4, 1]);
    expect(await passes({ probe_batch: 'same' })).toEqual([1, 3, 1]);
    expect(await passes({ probe_batch: 'same', fit: 'one-sided' })).toEqual([1, 2, 1]);
    expect(await passes({ probe_batch: 'split' })).toEqual([1, 2, 0.5]);
    expect(await passes({ probe_batch: 'next', points: [-2, -1, 0, 1, 2] })).toEqual([1, 6, 1]);
  });

  test('record the parabola and keep η where it is rejected', async () => {
    const { outcomes } = await train('sgd', { phi: 1, probe_batch: 'same', min_z: 1e9 }, 3);
    for (const { probe, learningRate } of outcomes) {
      expect(probe?.status).toBe('low-z');
      expect(learningRate).toBe(0.05);
      expect(probe?.ggSe).toBeGreaterThan(0);
      const curvature = probe!.lossPlus! - 2 * probe!.lossZero! + probe!.lossMinus!;
      expect(probe!.ghg).toBeCloseTo(curvature / 0.05 ** 2, 8);
    }
  });

  test('the one-sided slope is the gradient along g', async () => {
    const symmetric = await train('sgd', { phi: 1, probe_batch: 'same', lr0: 1e-4 }, 1);
    const oneSided = await train('sgd', { phi: 1, probe_batch: 'same', fit: 'one-sided' }, 1);
    expect(oneSided.outcomes[0]!.probe!.gg).toBeCloseTo(symmetric.outcomes[0]!.probe!.gg!, 2);
  });

  test('the search finds a rate of the right size and descends (C.4.2)', async () => {
    const { outcomes } = await train('sgd', { lr0: 'auto', phi: 4, probe_batch: 'same' }, 2);
    expect(outcomes[0]!.probe?.status).toBe('search');
    expect(outcomes[0]!.learningRate).toBeGreaterThan(1e-3);
    expect(outcomes[0]!.learningRate).toBeLessThan(100);
    const { lossMinus, lossZero } = outcomes[0]!.probe!;
    expect(lossMinus!).toBeLessThan(lossZero!);
  });

  test('leak no tensors', async () => {
    await train('sgd', { phi: 1 }, 3);
    const before = tf.memory().numTensors;
    await train('sgd', { phi: 1 }, 12);
    await train('adamw', { phi: 2, probe_batch: 'same', fit: 'one-sided' }, 12);
    expect(tf.memory().numTensors).toBe(before);
  });
});
