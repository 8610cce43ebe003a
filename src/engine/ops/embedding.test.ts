import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { embedding } from './embedding.js';

const cases = pytorchCases<{ paddingIndex: number }>('embedding');

describe.each(cases)('embedding of %s', (_, given) => {
  const { paddingIndex } = given.attributes;
  const fn = ({ table, ids }: Inputs) => embedding(table!, ids!, paddingIndex);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  if (paddingIndex >= 0) return; // that row's gradient is left out on purpose
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
