/** The paper's statements about GeN, on a quadratic in double precision. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Parameter, readAll } from '../engine/parameters.js';
import { floatTensor } from '../engine/raw.js';
import { loadEngine } from '../engine/tf.js';
import type { Model } from '../models/types.js';
import { adam } from '../optimizers/adam.js';
import { sgd } from '../optimizers/sgd.js';
import type { Optimizer } from '../optimizers/types.js';
import type { ProbeRecord } from '../run/method.js';
import { Objective } from '../run/objective.js';
import type { Task } from '../tasks/task.js';
import { GenController } from './controller.js';
import { type GenOptionsInput, resolveGenOptions } from './options.js';

// L(w) = wᵀHw/2 − bᵀw, minimum at H⁻¹b
const H = [
  [3, 1, 0.5],
  [1, 2, -0.3],
  [0.5, -0.3, 4],
];
const B = [1, -2, 0.5];
const START = [0.7, 1.1, -0.4];

const multiply = (matrix: number[][], v: number[]) =>
  matrix.map((row) => row.reduce((sum, value, j) => sum + value * v[j]!, 0));
const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const gradientAt = (w: number[]) => multiply(H, w).map((value, i) => value - B[i]!);

/** Solves H x = v by Gaussian elimination. */
function solve(v: number[]): number[] {
  const rows = H.map((row, i) => [...row, v[i]!]);
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 3; k++) {
      if (k === i) continue;
      const factor = rows[k]![i]! / rows[i]![i]!;
      rows[k] = rows[k]!.map((value, j) => value - factor * rows[i]![j]!);
    }
  }
  return rows.map((row, i) => row[3]! / row[i]!);
}

function quadratic(): Model {
  const w = new Parameter('w', { shape: [3], values: Float64Array.from(START) }, true);
  return {
    name: 'quadratic',
    parameters: [w],
    statistics: [],
    head: [],
    forward(scope) {
      const value = scope.get(w).reshape([3, 1]);
      const half = floatTensor(0.5);
      const curved = floatTensor(H.flat(), [3, 3]).matMul(value).mul(value).sum().mul(half);
      return curved.sub(floatTensor(B, [3, 1]).mul(value).sum()).reshape([1]);
    },
    dispose: () => w.dispose(),
  };
}

/** The quadratic, or `scale` times it. */
const quadraticTask = (scale: number): Task => ({
  scoreNames: [],
  forward: (model, scope) => ({ losses: model.forward(scope, {}).mul(floatTensor(scale)), scores: {} }),
});

/** g = H⁻¹G. */
function newton(parameters: readonly Parameter[]): Optimizer {
  return {
    step([gradient], learningRate) {
      const direction = solve(Array.from(gradient!.dataSync()));
      const w = parameters[0]!.variable.read();
      const moved = floatTensor(
        Array.from(w.dataSync()).map((value, i) => value - learningRate * direction[i]!),
      );
      parameters[0]!.variable.assign(moved);
      w.dispose();
      moved.dispose();
    },
    state: () => ({ tensors: {}, scalars: {} }),
    restore() {},
    dispose() {},
  };
}

const plainSgd = (parameters: readonly Parameter[]) => sgd.create(parameters, sgd.options.parse({ lr: 0.1 }));
const plainAdam = (parameters: readonly Parameter[]) =>
  adam.create(parameters, adam.options.parse({ lr: 0.1 }));

async function run(
  create: (parameters: readonly Parameter[]) => Optimizer,
  input: GenOptionsInput,
  { steps = 1, rate = 0.1, scale = 1 } = {},
): Promise<{ points: number[][]; probes: ProbeRecord[]; rates: number[] }> {
  const model = quadratic();
  const objective = new Objective(model, quadraticTask(scale), { microBatchSize: 1, gradClip: null });
  const controller = new GenController(
    objective,
    create(objective.trainable),
    resolveGenOptions(input),
    rate,
  );
  const points = [START];
  const probes: ProbeRecord[] = [];
  const rates: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const context = { step, totalSteps: steps, seed: 0, batch: {}, nextBatch: async () => ({}) };
    const outcome = await controller.step(context);
    probes.push(outcome.probe!);
    rates.push(outcome.learningRate);
    const [w] = readAll(model.parameters);
    points.push(Array.from(w!.dataSync()));
    w!.dispose();
  }
  controller.dispose();
  objective.dispose();
  model.dispose();
  return { points, probes, rates };
}

beforeAll(async () => {
  await loadEngine({ precision: 'float64' });
});

describe('on a quadratic', () => {
  test.each([
    ['three points', {}],
    ['five points', { points: [-2, -1, 0, 1, 2] }],
    ['one-sided', { fit: 'one-sided' as const }],
  ])('η* is Gᵀg / gᵀHg exactly: %s', async (_, options) => {
    const { probes } = await run(plainSgd, { preset: 'paper', phi: 1, ...options });
    const g = gradientAt(START);
    expect(probes[0]!.gg).toBeCloseTo(dot(g, g), 9);
    expect(probes[0]!.ghg).toBeCloseTo(dot(g, multiply(H, g)), 8);
    expect(probes[0]!.lrStar).toBeCloseTo(dot(g, g) / dot(g, multiply(H, g)), 10);
  });

  test("one step with γ = 0 lands on the line's minimum, for any base optimizer", async () => {
    for (const create of [plainSgd, plainAdam]) {
      const { points } = await run(create, { preset: 'paper', phi: 1, gamma: 0 }, { steps: 3 });
      for (let t = 1; t < points.length; t++) {
        const move = points[t]!.map((value, i) => value - points[t - 1]![i]!);
        // At the minimum along a line the gradient has no part along it.
        expect(Math.abs(dot(gradientAt(points[t]!), move))).toBeLessThan(1e-8 * Math.hypot(...move));
      }
    }
  });

  test("with g = H⁻¹G it is Newton's step: η* = 1, and the minimum is reached (Proposition 3.2)", async () => {
    const { probes, points } = await run(newton, { preset: 'paper', phi: 1, gamma: 0 });
    expect(probes[0]!.lrStar).toBeCloseTo(1, 10);
    points[1]!.forEach((value, i) => {
      expect(value).toBeCloseTo(solve(B)[i]!, 10);
    });
  });

  test('GeN-SGD does not change when the loss is scaled (Remark 3.3)', async () => {
    const options: GenOptionsInput = { preset: 'paper', phi: 1, gamma: 0 };
    const plain = await run(plainSgd, options, { steps: 5 });
    const scaled = await run(plainSgd, options, { steps: 5, scale: 1000, rate: 1e-4 });
    plain.points.forEach((point, t) => {
      point.forEach((value, i) => {
        expect(scaled.points[t]![i]).toBeCloseTo(value, 9);
      });
    });
  });

  test.each<[string, number, number, GenOptionsInput]>([
    ['small, at the pace of clip and smoothing', 1e-3, 90, { phi: 1 }],
    ['large, at once without smoothing', 1e3, 0, { preset: 'paper', phi: 1, gamma: 0 }],
  ])('a first rate 1000× too %s, is corrected (C.4.1)', async (_, factor, after, options) => {
    const reference = 0.3; // about Gᵀg / gᵀHg
    const { points, rates } = await run(plainSgd, options, { steps: 150, rate: reference * factor });
    expect(rates[after]).toBeGreaterThan(reference / 3);
    expect(rates[after]).toBeLessThan(reference * 3);
    points.at(-1)!.forEach((value, i) => {
      expect(value).toBeCloseTo(solve(B)[i]!, 3);
    });
  });
});
