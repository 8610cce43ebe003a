import { describe, expect, it } from 'vitest';
import { pairedDifference, statistic, winRecord } from './statistics.js';

describe('statistic', () => {
  it('is the mean with the sample standard deviation', () => {
    const result = statistic([2, 4, 4, 4, 5, 5, 7, 9]);
    expect(result?.mean).toBe(5);
    expect(result?.std).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(statistic([3])).toEqual({ mean: 3, std: undefined, n: 1 });
    expect(statistic([])).toBeUndefined();
  });
});

describe('pairedDifference', () => {
  it('pairs by seed and gives the 95 % interval of Student t', () => {
    // scipy 1.17.1: scipy.stats.ttest_rel([95.2, 94.8, 96.0], [96.1, 96.3, 96.2]).confidence_interval(0.95)
    // = (-2.4829477908, 0.7496144575)
    const values = new Map([
      [0, 95.2],
      [1, 94.8],
      [2, 96.0],
      [7, 10],
    ]);
    const gen = new Map([
      [2, 96.2],
      [1, 96.3],
      [0, 96.1],
      [9, 0],
    ]);
    const result = pairedDifference(values, gen);
    expect(result?.n).toBe(3);
    expect(result?.mean).toBeCloseTo(-2.6 / 3, 10);
    const { mean, halfWidth } = result ?? { mean: 0, halfWidth: 0 };
    expect(mean - (halfWidth ?? 0)).toBeCloseTo(-2.4829477908, 7);
    expect(mean + (halfWidth ?? 0)).toBeCloseTo(0.7496144575, 7);
  });

  it('counts on which seeds it is better', () => {
    const a = new Map([
      [0, 1],
      [1, 2],
      [2, 3],
      [9, 0],
    ]);
    const b = new Map([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
    expect(winRecord(a, b, 'higher')).toEqual({ wins: 1, losses: 1, ties: 1 });
    expect(winRecord(a, b, 'lower')).toEqual({ wins: 1, losses: 1, ties: 1 });
    expect(winRecord(a, new Map(), 'higher')).toBeUndefined();
  });

  it('has no interval with one pair and nothing without', () => {
    expect(pairedDifference(new Map([[0, 3]]), new Map([[0, 1]]))).toEqual({
      mean: 2,
      halfWidth: undefined,
      n: 1,
    });
    expect(pairedDifference(new Map([[0, 3]]), new Map([[1, 1]]))).toBeUndefined();
  });
});
