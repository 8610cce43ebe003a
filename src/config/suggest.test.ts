import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearest } from './suggest.js';

describe('editDistance', () => {
  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['optimizer', 'optimiser', 1],
    ['same', 'same', 0],
    ['abc', '', 3],
  ])('%s to %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });
});

describe('nearest', () => {
  const names = ['constant', 'cosine', 'inverse-sqrt', 'd-adapt', 'lr', 'phi'];

  it.each([
    ['cosin', 'cosine'],
    ['Cosine', 'cosine'],
    ['inverse_sqrt', 'inverse-sqrt'],
    ['dadapt', 'd-adapt'],
    ['lrr', 'lr'],
    ['phy', 'phi'],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, names)).toBe(meant);
  });

  it('does not guess wildly', () => {
    expect(nearest('banana', names)).toBeUndefined();
    expect(nearest('x'.repeat(1_000_000), names)).toBeUndefined();
    expect(didYouMean('banana', names)).toBe('');
  });
});
