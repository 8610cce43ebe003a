import { expect, test } from 'vitest';
import { expected } from '../testing/oracle-files.js';
import { createResizer } from './resize.js';

const identity = Float32Array.from({ length: 256 }, (_, byte) => byte);
const { input, outputs } = expected.resize;

test.each(outputs)('to $shape as PyTorch does it', ({ shape, values }) => {
  const [height, width] = shape;
  const resize = createResizer(input.shape, [height, width], identity);
  const target = new Float32Array(3 + values.length);
  resize(Uint8Array.from([9, 9, ...input.values]), 2, target, 3);
  expect([...target.subarray(0, 3)]).toEqual([0, 0, 0]);
  values.forEach((value, i) => {
    expect(Math.abs(target[3 + i]! - value), `value ${i}`).toBeLessThan(1e-4);
  });
});

test('the own size changes nothing, and a resizer forgets the last image', () => {
  const resize = createResizer([2, 1, 1], [2, 1], identity);
  const target = new Float32Array(2);
  resize(Uint8Array.of(200, 100), 0, target, 0);
  resize(Uint8Array.of(1, 2), 0, target, 0);
  expect([...target]).toEqual([1, 2]);
});
