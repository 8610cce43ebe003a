import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectedImages, imageTestdata } from '../testing/image-files.js';
import { parseMat } from './mat.js';

const file = (name: string) => new Uint8Array(readFileSync(imageTestdata(name)));

describe('MAT-files', () => {
  test('of SciPy give its arrays, whatever their type', () => {
    const arrays = parseMat(file('arrays.mat'), 'x');
    expect(arrays.size).toBe(4);
    for (const [name, { shape, values }] of Object.entries(expectedImages.arrays)) {
      expect(arrays.get(name)?.shape).toEqual(shape);
      expect([...(arrays.get(name)?.data ?? [])]).toEqual(values);
    }
  });

  test('give the same compressed and plain', () => {
    const compressed = parseMat(file('svhn.mat'), 'x');
    expect(compressed).toEqual(parseMat(file('svhn-plain.mat'), 'x'));
    expect(compressed.get('X')?.shape).toEqual([32, 32, 3, 3]);
    expect([...(compressed.get('y')?.data ?? [])]).toEqual([10, 1, 9]);
  });

  test.each([
    ['text', file('text.mat'), /x: 'text' is no array of real numbers \(class 4\)/],
    ['nothing', new Uint8Array(), /x: has 0 bytes/],
    ['another format', new Uint8Array(200), /x: is no little-endian MAT-file of level 5/],
    ['a cut file', file('svhn-plain.mat').subarray(0, 5000), /x: is truncated: an element of 9\d\d\d bytes/],
    ['a cut compressed file', file('svhn.mat').subarray(0, 900), /x: is truncated/],
  ])('are refused where they hold %s', (_, bytes, message) => {
    expect(() => parseMat(bytes, 'x')).toThrow(message);
  });

  test('are refused where the compression is broken', () => {
    const bytes = file('svhn.mat');
    bytes.fill(0, 300, 330);
    expect(() => parseMat(bytes, 'x')).toThrow(/x: a compressed element cannot be read/);
  });
});
