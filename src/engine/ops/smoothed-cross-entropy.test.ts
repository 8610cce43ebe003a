import { describe, expect, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
  relativeError,
} from '../../testing/ops.js';
import { floatTensor } from '../raw.js';
import { loadEngine, tf } from '../tf.js';
import { smoothedCrossEntropy } from './smoothed-cross-entropy.js';

const cases = pytorchCases<{ smoothing: number }>('smoothedCrossEntropy');

describe.each(cases)('smoothedCrossEntropy of %s', (_, given) => {
  const { smoothing } = given.attributes;
  const fn = ({ logits, labels }: Inputs) => smoothedCrossEntropy(logits!, labels!, smoothing).loss;

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));

  test('gives the loss without smoothing, and its gradient', async () => {
    await loadEngine();
    const { logits, labels } = given.inputs;
    const inputs = {
      logits: floatTensor(logits!.values, logits!.shape),
      labels: tf.tensor1d(labels!.values, 'int32'),
    };
    const both = smoothedCrossEntropy(inputs.logits, inputs.labels, smoothing);
    expect(relativeError(both.nll, given.extra.nll!.values)).toBeLessThan(1e-6);
    const nll = (x: typeof inputs.logits) => smoothedCrossEntropy(x, inputs.labels, smoothing).nll.sum();
    const plain = (x: typeof inputs.logits) => smoothedCrossEntropy(x, inputs.labels, 0).loss.sum();
    const gradients = [nll, plain].map((one) => tf.grad(one)(inputs.logits).dataSync());
    expect(relativeError(gradients[0]!, [...gradients[1]!])).toBeLessThan(1e-6);
  });
});
