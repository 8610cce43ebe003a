import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { softmax } from './softmax.js';

describe.each(pytorchCases('softmax'))('softmax of %s', (_, given) => {
  const fn = (inputs: Inputs) => softmax(inputs.x!);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
