import { describe, expect, it, test } from 'vitest';
import { readCocoCases } from '../testing/coco-cases.js';
import {
  compressCounts,
  decodeMask,
  decompressCounts,
  encodeMask,
  maskArea,
  maskIntersection,
} from './rle.js';

const { rle } = readCocoCases(new URL('../metrics/testdata/coco-ap.json', import.meta.url));

describe('run-length encoding', () => {
  test.each(rle)("of a $height × $width mask is pycocotools'", ({ height, width, rows, counts }) => {
    const mask = Uint8Array.from(rows.join(''), Number);
    const encoded = encodeMask(mask, height, width);
    expect(compressCounts(encoded.counts)).toBe(counts);
    expect(decompressCounts(counts)).toEqual(encoded.counts);
    expect(decodeMask(encoded)).toEqual(mask);
    expect(maskArea(encoded)).toBe(mask.reduce((sum, value) => sum + value, 0));
  });

  it('finds what two masks share', () => {
    const a = Uint8Array.of(1, 1, 0, 0, 1, 0);
    const b = Uint8Array.of(0, 1, 1, 0, 1, 1);
    expect(maskIntersection(encodeMask(a, 2, 3), encodeMask(b, 2, 3))).toBe(2);
    expect(maskIntersection(encodeMask(a, 2, 3), encodeMask(new Uint8Array(6), 2, 3))).toBe(0);
  });

  it('refuses text that ends within a number', () => {
    expect(() => decompressCounts('PP')).toThrow('end within a number');
  });
});
