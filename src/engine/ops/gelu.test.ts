import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { gelu } from './gelu.js';

describe.each(pytorchCases<{ form: 'exact' | 'tanh' }>('gelu'))('gelu of %s', (_, given) => {
  const fn = (inputs: Inputs) => gelu(inputs.x!, given.attributes.form);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});
