import { describe, expect, test } from 'vitest';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
  relativeError,
} from '../../testing/ops.js';
import { loadEngine, tf } from '../tf.js';
import { matmul } from './matmul.js';

type Attributes = { transposeA: boolean; transposeB: boolean };

describe.each(pytorchCases<Attributes>('matmul'))('matmul of %s', (_, given) => {
  const fn = ({ a, b }: Inputs) => matmul(a!, b!, given.attributes);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});

test('the gradient by a copied transpose is the same', async () => {
  await loadEngine();
  tf.tidy(() => {
    const [a, b, dy] = [tf.randomNormal([256, 4]), tf.randomNormal([4, 1024]), tf.randomNormal([256, 1024])];
    const gradient = tf.grad((x) => matmul(x, b))(a, dy);
    expect(relativeError(gradient, tf.matMul(dy, b, false, true).dataSync())).toBeLessThan(1e-5);
  });
});
