import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import type { ConvPadding } from './conv2d.js';
import { depthwiseConv2d } from './depthwise-conv2d.js';

type Attributes = { stride: number; padding: ConvPadding };

describe.each(pytorchCases<Attributes>('depthwiseConv2d'))('depthwiseConv2d of %s', (_, given) => {
  const { stride, padding } = given.attributes;
  const fn = ({ x, kernel }: Inputs) => depthwiseConv2d(x!, kernel!, stride, padding);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
