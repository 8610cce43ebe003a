import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { conv2d } from './conv2d.js';

type Attributes = { stride: number; padding: number };

describe.each(pytorchCases<Attributes>('conv2d'))('conv2d of %s', (_, given) => {
  const { stride, padding } = given.attributes;
  const fn = (inputs: Inputs) => conv2d(inputs.x!, inputs.kernel!, stride, padding);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
