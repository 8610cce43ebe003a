import { beforeAll, expect, test } from 'vitest';
import { readFloats } from '../engine/raw.js';
import { loadEngine, tf } from '../engine/tf.js';
import { Scope } from '../models/layers/scope.js';
import type { Model } from '../models/types.js';
import { recommendation } from './recommendation.js';

beforeAll(() => loadEngine());

/** A model that gives these logits [B, M, items + 1], whatever it is asked. */
function fixed(logits: number[][][]): Model {
  const [parameters, statistics, head] = [[], [], []];
  return { name: 'fixed', parameters, statistics, head, forward: () => tf.tensor3d(logits), dispose() {} };
}

test('the mean of the losses is the mean over the masked items of the batch', () => {
  tf.tidy(() => {
    const logits = [
      [
        [0, 1, 2],
        [3, 0, 0],
      ],
      [
        [1, 1, 5],
        [0, 0, 0],
      ],
    ];
    const crossEntropy = (row: number[], label: number) =>
      Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label]!;
    const { losses, scores } = recommendation.forward(fixed(logits), new Scope([], [], { training: true }), {
      labels: tf.tensor2d([1, 2, 2, 0], [2, 2], 'int32'),
      weight: tf.fill([2], 2 / 3),
    });
    const expected = [crossEntropy([0, 1, 2], 1), crossEntropy([3, 0, 0], 2), crossEntropy([1, 1, 5], 2)];
    const mean = expected.reduce((sum, value) => sum + value, 0) / 3;
    expect(losses.shape).toEqual([2]);
    expect(losses.mean().dataSync()[0]).toBeCloseTo(mean, 6);
    expect(scores).toEqual({});
  });
});

test('the rank counts candidates that do not score below the answer; NaN ranks last', () => {
  tf.tidy(() => {
    const row = [9, 0.5, 0.7, 0.5, 0.1, 0.2];
    const logits = [[row], [row], [row.map(() => Number.NaN)], [row.map(() => 1)]];
    const { scores } = recommendation.forward(fixed(logits), new Scope([], [], { training: false }), {
      labels: tf.tensor2d([1, 2, 1, 1], [4, 1], 'int32'),
      weight: tf.ones([4]),
      candidates: tf.tensor2d([1, 2, 3, 4, 2, 1, 3, 5, 1, 2, 3, 4, 1, 2, 3, 4], [4, 4], 'int32'),
    });
    expect([...readFloats(scores.rank!)]).toEqual([2, 0, 3, 3]);
  });
});

test('metrics of a split', () => {
  const metrics = recommendation.metrics!({ loss: Float64Array.of(1, 3), rank: Float64Array.of(0, 7) });
  expect(metrics).toMatchObject({ loss: 2, 'recall@1': 0.5, 'recall@5': 0.5, 'recall@10': 1, 'ndcg@5': 0.5 });
  expect(Object.keys(metrics)).toHaveLength(9);
});
