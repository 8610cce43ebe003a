import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { conv2dTranspose } from './conv2d-transpose.js';

type Attributes = { stride: number; padding: number };

describe.each(pytorchCases<Attributes>('conv2dTranspose'))('conv2dTranspose of %s', (_, given) => {
  const { stride, padding } = given.attributes;
  const fn = (inputs: Inputs) => conv2dTranspose(inputs.x!, inputs.kernel!, stride, padding);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
