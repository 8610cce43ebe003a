import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { relu6 } from './relu6.js';

describe.each(pytorchCases('relu6'))('relu6 of %s', (_, given) => {
  const fn = (inputs: Inputs) => relu6(inputs.x!);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
