import { describe, expect, test } from 'vitest';
import { loadEngine, tf } from '../../engine/tf.js';
import {
  expectLikeFiniteDifferences,
  expectLikePytorch,
  type Inputs,
  pytorchCases,
} from '../../testing/ops.js';
import { attention, fusedAttention } from './attention.js';

type Attributes = { heads: number };

describe.each(pytorchCases<Attributes>('attention'))('attention of %s', (_, given) => {
  const fn = ({ q, k, v, mask }: Inputs) =>
    attention(q!, k!, v!, { ...given.attributes, ...(mask && { mask }) });

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});

describe.each(pytorchCases<Attributes>('fusedAttention'))('fusedAttention of %s', (_, given) => {
  const fn = ({ qkv }: Inputs) => fusedAttention(qkv!, given.attributes);

  test('agrees with PyTorch', () => expectLikePytorch(given, fn));
  test('has the gradient of finite differences', () => expectLikeFiniteDifferences(given, fn));
});

test('dropout zeroes attention weights, scales the others, and depends on its seed', async () => {
  await loadEngine();
  tf.tidy(() => {
    const [length, width] = [8, 4];
    const qk = tf.zeros([1, length, width]);
    // equal weights 1/8 and values 1: an output is 1/8 / 0.5 times the number of weights that stay
    const at = (seed: [number, number]) =>
      attention(qk, qk, tf.ones([1, length, width]), {
        heads: 2,
        dropout: { rate: 0.5, seed: tf.tensor1d(seed, 'int32') },
      }).dataSync();
    const first = at([1, 2]);
    expect([...first].every((value) => Math.abs(value * 4 - Math.round(value * 4)) < 1e-5)).toBe(true);
    expect(new Set(first).size).toBeGreaterThan(2);
    expect(at([1, 2])).toEqual(first);
    expect(at([1, 3])).not.toEqual(first);
  });
});
