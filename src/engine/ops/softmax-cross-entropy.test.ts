import { describe, expect, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
  relativeError,
} from '../../testing/ops.js';
import { loadEngine, tf } from '../tf.js';
import { softmaxCrossEntropy } from './softmax-cross-entropy.js';

describe.each(pytorchCases('softmaxCrossEntropy'))('softmaxCrossEntropy of %s', (_, given) => {
  const fn = (inputs: Inputs) => softmaxCrossEntropy(inputs.logits!, inputs.labels!);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});

test('softmaxCrossEntropy of large logits stays finite', async () => {
  await loadEngine();
  const loss = softmaxCrossEntropy(tf.tensor2d([[1000, 0]]), tf.tensor1d([1], 'int32'));
  expect([...loss.dataSync()]).toEqual([1000]);
});

test('many classes take another way to the same loss and gradient', async () => {
  await loadEngine();
  const [rows, few] = [3, 1000];
  const logits = tf.randomNormal([rows, few], 0, 3, 'float32', 7);
  const labels = tf.tensor1d([0, 999, 5], 'int32');
  // further classes with no weight change nothing
  const padding = tf.fill([rows, 200], -1e4);
  const loss = (x: typeof logits) => softmaxCrossEntropy(x, labels).sum();
  const padded = (x: typeof logits) => softmaxCrossEntropy(tf.concat([x, padding], 1), labels).sum();
  expect(relativeError(padded(logits), [...loss(logits).dataSync()])).toBeLessThan(1e-6);
  const [gradient, expected] = [padded, loss].map((one) => tf.grad(one)(logits));
  expect(relativeError(gradient!, [...expected!.dataSync()])).toBeLessThan(1e-6);
});
