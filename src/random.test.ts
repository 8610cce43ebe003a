import { expect, test } from 'vitest';
import { normals, randomGenerator, uniforms } from './random.js';

const moments = (values: Float32Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
};

test('the same seed and purpose give the same numbers, any other give others', () => {
  const draw = (seed: number, purpose: string) => [...uniforms(randomGenerator(seed, purpose), 4, 1)];
  expect(draw(3, 'fc.weight')).toEqual(draw(3, 'fc.weight'));
  expect(draw(4, 'fc.weight')).not.toEqual(draw(3, 'fc.weight'));
  expect(draw(3, 'fc.bias')).not.toEqual(draw(3, 'fc.weight'));
});

test('normals have mean 0 and the deviation asked for, in odd numbers too', () => {
  const values = normals(randomGenerator(0, 'test'), 100_001, 2);
  const { mean, variance } = moments(values);
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 4)).toBeLessThan(0.08);
  expect(values.at(-1)).not.toBe(0);
});

test('uniforms fill (−bound, bound)', () => {
  const values = uniforms(randomGenerator(0, 'test'), 100_000, 0.5);
  const { mean, variance } = moments(values);
  expect(Math.abs(mean)).toBeLessThan(0.005);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.001);
  expect(Math.max(...values.slice(0, 10_000).map(Math.abs))).toBeLessThanOrEqual(0.5);
});

test('streams of neighbouring seeds are uncorrelated', () => {
  const a = uniforms(randomGenerator(0, 'w'), 10_000, 1);
  const b = uniforms(randomGenerator(1, 'w'), 10_000, 1);
  const covariance = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
  expect(Math.abs(covariance * 3)).toBeLessThan(0.04);
});
