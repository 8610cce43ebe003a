import { describe, expect, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
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
