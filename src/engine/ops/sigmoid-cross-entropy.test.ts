import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { sigmoidCrossEntropy } from './sigmoid-cross-entropy.js';

describe.each(pytorchCases('sigmoidCrossEntropy'))('sigmoidCrossEntropy of %s', (_, given) => {
  const fn = (inputs: Inputs) => sigmoidCrossEntropy(inputs.logits!, inputs.targets!);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
