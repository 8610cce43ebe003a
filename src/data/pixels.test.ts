import { expect, test } from 'vitest';
import { pixelsToFloats } from './pixels.js';

test('every byte, at any place in memory, becomes its number in [−1, 1]', () => {
  const memory = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % 256);
  for (const [start, end] of [
    [0, 300],
    [4, 263],
    [1, 258],
    [2, 4],
    [8, 8],
  ]) {
    const pixels = memory.subarray(start, end);
    const expected = Array.from(pixels, (byte) => Math.fround((byte / 255 - 0.5) / 0.5));
    const floats = pixelsToFloats(pixels);
    expect(floats).toHaveLength(expected.length);
    floats.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
  }
  expect([...pixelsToFloats(Uint8Array.of(0, 255))]).toEqual([-1, 1]);
});
