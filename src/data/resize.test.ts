import { expect, test } from 'vitest';
import { expectedImages } from '../testing/image-files.js';
import { createResizer } from './resize.js';

const { input, outputs } = expectedImages.resize;

test.each(outputs)('to $shape as Pillow does it, to the last bit', ({ shape, values }) => {
  const [height, width] = shape;
  const resize = createResizer(input.shape, [height, width]);
  const target = new Uint8Array(3 + values.length);
  resize(Uint8Array.from([9, 9, ...input.values]), 2, target, 3);
  expect([...target]).toEqual([0, 0, 0, ...values]);
});

test('a resizer forgets the last image', () => {
  const resize = createResizer([2, 1, 1], [4, 2]);
  const target = new Uint8Array(8);
  resize(Uint8Array.of(200, 100), 0, target, 0);
  expect([...target]).toEqual([200, 200, 175, 175, 125, 125, 100, 100]);
  resize(Uint8Array.of(4, 4), 0, target, 0);
  expect([...target]).toEqual(Array(8).fill(4));
});
