import { describe, expect, it } from 'vitest';
import { accuracy } from './accuracy.js';
import { metrics } from './registry.js';

describe('accuracy', () => {
  it('is the fraction of hits', () => {
    expect(accuracy(Int32Array.of(1, 2, 3, 4), [1, 0, 3, 0])).toBe(0.5);
    expect(accuracy([7], [7])).toBe(1);
  });

  it('refuses nothing and unequal lengths', () => {
    expect(() => accuracy([], [])).toThrow(RangeError);
    expect(() => accuracy([1], [1, 2])).toThrow('1 predictions for 2 labels');
  });
});

describe('metrics', () => {
  it('are registered under their own names', () => {
    for (const [name, metric] of Object.entries(metrics)) expect(metric.name).toBe(name);
  });
});
