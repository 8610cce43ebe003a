import { beforeAll, expect, test } from 'vitest';
import { loadEngine, type Tensor, tf } from './tf.js';
import { disposeTree, flatten, signature, unflatten } from './tree.js';

beforeAll(() => loadEngine());

test('a tree comes apart and together again', () => {
  const [a, b, c] = [tf.scalar(1), tf.scalar(2), tf.scalar(3)] as [Tensor, Tensor, Tensor];
  const tree = { loss: a, nested: { list: [b, c], none: [] } };
  expect(flatten(tree)).toEqual([a, b, c]);
  expect(unflatten(tree, [c, b, a])).toEqual({ loss: c, nested: { list: [b, a], none: [] } });
  expect(flatten(a)).toEqual([a]);
  expect(unflatten(a, [b])).toBe(b);
});

test('signatures tell form, names, types and shapes apart', () => {
  const x = tf.zeros([2, 3]);
  const y = tf.zeros([2, 3], 'int32');
  const all = [{ x, y }, { y, x }, [x, y], [x, [y]], { x, y: x }, { x: x.reshape([3, 2]), y }, x];
  expect(new Set(all.map(signature)).size).toBe(all.length);
  expect(signature({ x, y })).toBe(signature({ x: tf.ones([2, 3]), y }));
});

test('disposeTree disposes every tensor', () => {
  const live = tf.memory().numTensors;
  disposeTree({ a: tf.scalar(1), b: [tf.scalar(2), { c: tf.scalar(3) }] });
  expect(tf.memory().numTensors).toBe(live);
});
