import { describe, expect, it } from 'vitest';
import { CsvTable } from '../run/csv-read.js';
import { bandOf, evalCurve, runCurve, smooth, thin } from './curves.js';

describe('curves', () => {
  it('leave out what is not finite', () => {
    const rows = [
      ['1', '0.5'],
      ['2', 'nan'],
      ['3', ''],
      ['4', 'inf'],
      ['5', '0.25'],
    ];
    expect(runCurve(new CsvTable('m', ['step', 'loss'], rows, false), 'loss')).toEqual({
      steps: [1, 5],
      values: [0.5, 0.25],
    });
  });

  it('take the test values of one metric', () => {
    const columns = ['step', 'split', 'metric', 'value'];
    const rows = [
      ['10', 'test', 'accuracy', '0.5'],
      ['10', 'test', 'loss', '3'],
      ['20', 'train', 'accuracy', '0.9'],
      ['20', 'test', 'accuracy', '0.75'],
    ];
    expect(evalCurve(new CsvTable('e', columns, rows, false), 'accuracy')).toEqual({
      steps: [10, 20],
      values: [0.5, 0.75],
    });
  });

  it('smooth by a centred mean that shrinks at the ends', () => {
    const curve = { steps: [1, 2, 3, 4, 5], values: [1, 4, 1, 4, 10] };
    expect(smooth(curve, 3).values).toEqual([1, 2, 3, 5, 10]);
    expect(smooth(curve, 1).values).toEqual(curve.values);
  });

  it('make a band of the steps that all runs have', () => {
    const a = { steps: [1, 2, 3], values: [1, 2, 3] };
    const b = { steps: [1, 2], values: [3, 2] };
    expect(bandOf([a, b])).toEqual([
      { step: 1, mean: 2, low: 1, high: 3 },
      { step: 2, mean: 2, low: 2, high: 2 },
    ]);
    expect(bandOf([])).toEqual([]);
  });

  it('thin long lines and keep their ends', () => {
    const points = Array.from({ length: 10_001 }, (_, i) => i);
    const thinned = thin(points);
    expect(thinned.length).toBeLessThanOrEqual(501);
    expect([thinned[0], thinned.at(-1)]).toEqual([0, 10_000]);
    expect(thin([1, 2, 3])).toEqual([1, 2, 3]);
  });
});
