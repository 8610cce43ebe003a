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
  // FusedBatchNormV3 has no kernel in double precision
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn, 'float32'));
});
