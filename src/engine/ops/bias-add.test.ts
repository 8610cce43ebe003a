import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { biasAdd } from './bias-add.js';

describe.each(pytorchCases('biasAdd'))('biasAdd of %s', (_, given) => {
  const fn = (inputs: Inputs) => biasAdd(inputs.x!, inputs.bias!);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
