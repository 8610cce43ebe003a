import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { relu } from './relu.js';

describe.each(pytorchCases('relu'))('relu of %s', (_, given) => {
  const fn = (inputs: Inputs) => relu(inputs.x!);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
