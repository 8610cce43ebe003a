import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { matmul } from './matmul.js';

type Attributes = { transposeA: boolean; transposeB: boolean };

describe.each(pytorchCases<Attributes>('matmul'))('matmul of %s', (_, given) => {
  const fn = ({ a, b }: Inputs) => matmul(a!, b!, given.attributes);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
