import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { avgPool, globalAvgPool, maxPool } from './pooling.js';

type Attributes = { size: number; stride: number; padding: number };

describe.each(pytorchCases<Attributes>('maxPool'))('maxPool of %s', (_, given) => {
  const { size, stride, padding } = given.attributes;
  const fn = (inputs: Inputs) => maxPool(inputs.x!, size, stride, padding);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});

describe.each(pytorchCases<Attributes>('avgPool'))('avgPool of %s', (_, given) => {
  const { size, stride } = given.attributes;
  const fn = (inputs: Inputs) => avgPool(inputs.x!, size, stride);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});

describe.each(pytorchCases('globalAvgPool'))('globalAvgPool of %s', (_, given) => {
  const fn = (inputs: Inputs) => globalAvgPool(inputs.x!);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
