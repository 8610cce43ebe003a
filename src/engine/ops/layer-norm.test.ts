import { describe, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { layerNorm } from './layer-norm.js';

describe.each(pytorchCases<{ epsilon: number }>('layerNorm'))('layerNorm of %s', (_, given) => {
  const fn = ({ x, scale, offset }: Inputs) => layerNorm(x!, scale!, offset!, given.attributes.epsilon);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test.each(['float32', 'float64'] as const)('has the gradient of finite differences in %s', (precision) =>
    expectLikeFiniteDifferences(given, fn, precision),
  );
});
