import { beforeAll, expect, test } from 'vitest';
import { compile } from '../compile.js';
import { loadEngine, type Tensor, tf } from '../tf.js';
import { dropout } from './dropout.js';

beforeAll(() => loadEngine());

const seed = (a: number, b: number) => tf.tensor1d([a, b], 'int32');
const values = (tensor: Tensor) => [...tensor.dataSync()];

test('drops the wanted fraction and scales the rest so that the mean stays', () => {
  const y = values(dropout(tf.ones([100, 1000]), 0.3, seed(1, 2)));
  const dropped = y.filter((value) => value === 0).length / y.length;
  expect(Math.abs(dropped - 0.3)).toBeLessThan(0.006); // 4 standard deviations
  expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
});

test('the seed decides the mask', () => {
  const x = tf.ones([64]);
  const first = values(dropout(x, 0.5, seed(1, 2)));
  expect(values(dropout(x, 0.5, seed(1, 2)))).toEqual(first);
  expect(values(dropout(x, 0.5, seed(1, 3)))).not.toEqual(first);
  expect(values(dropout(x, 0.5, seed(2, 2)))).not.toEqual(first);
});

test('rate 0 changes nothing', () => {
  const x = tf.ones([4]);
  expect(dropout(x, 0, seed(1, 2))).toBe(x);
});

test('gradients pass where the mask lets through', () => {
  const x = tf.ones([64]);
  const y = dropout(x, 0.5, seed(1, 2));
  const gradient = tf.grad((v) => dropout(v, 0.5, seed(1, 2)))(x);
  expect(values(gradient)).toEqual(values(y));
});

test('a replayed graph draws another mask for another seed, and the same for the same', () => {
  const replay = compile('dropout', ({ x, seed: given }: { x: Tensor; seed: Tensor }) =>
    dropout(x, 0.5, given),
  );
  const x = tf.ones([64]);
  const masks = [1, 2, 3, 1].map((part) => values(replay({ x, seed: seed(7, part) })));
  expect(masks[3]).toEqual(masks[0]);
  expect(new Set(masks.map(String)).size).toBe(3);
  expect(masks[2]).toEqual(values(dropout(x, 0.5, seed(7, 3))));
  replay.dispose();
});
