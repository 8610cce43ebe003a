import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { upsampleNearest } from './upsample-nearest.js';

type Attributes = { height: number; width: number };

describe.each(pytorchCases<Attributes>('upsampleNearest'))('upsampleNearest of %s', (_, given) => {
  const { height, width } = given.attributes;
  const fn = (inputs: Inputs) => upsampleNearest(inputs.x!, height, width);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
