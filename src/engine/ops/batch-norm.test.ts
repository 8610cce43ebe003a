import { describe, expect, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
  relativeError,
} from '../../testing/ops.js';
import { floatTensor } from '../raw.js';
import { loadEngine } from '../tf.js';
import { batchNorm } from './batch-norm.js';

type Attributes = { training: boolean; epsilon: number };

describe.each(pytorchCases<Attributes>('batchNorm'))('batchNorm of %s', (_, given) => {
  const run = ({ x, scale, offset, mean, variance }: Inputs) =>
    batchNorm(x!, scale!, offset!, mean!, variance!, given.attributes);
  const fn = (inputs: Inputs) => run(inputs).y;

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test.each(['float32', 'float64'] as const)('has the gradient of finite differences in %s', (precision) =>
    expectLikeFiniteDifferences(given, fn, precision),
  );

  test('returns the mean and unbiased variance that PyTorch keeps', async () => {
    await loadEngine();
    const inputs = Object.entries(given.inputs).map(
      ([name, { values, shape }]) => [name, floatTensor(values, shape)] as const,
    );
    const { mean, variance } = run(Object.fromEntries(inputs));
    expect(relativeError(mean, given.extra.mean!.values)).toBeLessThan(1e-6);
    expect(relativeError(variance, given.extra.variance!.values)).toBeLessThan(1e-6);
  });
});
