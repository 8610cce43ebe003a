import { describe, expect, it } from 'vitest';
import { logDomain, logTickLabel, logTicks } from './axes.js';

describe('logarithmic axes', () => {
  it('tick at 1, 2, 5 when short and at powers of ten when long', () => {
    expect(logTicks([0.04, 2.5])).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
    expect(logTicks([1e-4, 1])).toEqual([1e-4, 1e-3, 0.01, 0.1, 1]);
    expect(logTicks([1e-13, 10])).toEqual([1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 0.01, 1]);
    expect(logTicks([3, 4])).toEqual([3, 3.2, 3.4, 3.6, 3.8, 4]);
    expect(logTicks([0.03, 0.045])).toEqual([0.03, 0.035, 0.04, 0.045]);
    expect(logTicks([0.095, 0.105])).toEqual([0.096, 0.098, 0.1, 0.102, 0.104]);
  });

  it('label plainly where that is short', () => {
    expect([0.05, 0.01, 1, 1000, 1e-3, 1e-12, 2e-5, 1e4].map(logTickLabel)).toEqual([
      '0.05',
      '0.01',
      '1',
      '1000',
      '10⁻³',
      '10⁻¹²',
      '2·10⁻⁵',
      '10⁴',
    ]);
  });

  it('leave out zeros and what is too far below', () => {
    const [low, high] = logDomain([0, 1e-12, 1e-3, 1], 4);
    expect(low).toBeGreaterThan(0.5e-4);
    expect(low).toBeLessThan(1e-4);
    expect(high).toBeGreaterThan(1);
    expect(high).toBeLessThan(2);
    expect(logDomain([], 4)[0]).toBeLessThan(0.1);
  });
});
