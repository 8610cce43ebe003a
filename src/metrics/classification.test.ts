import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accuracy } from './accuracy.js';
import { f1 } from './f1.js';
import { matthews } from './matthews.js';

/** Made by scripts/oracles/classification_metrics.py with scikit-learn. */
const cases = JSON.parse(
  readFileSync(new URL('./testdata/classification.json', import.meta.url), 'utf8'),
) as {
  classes: number;
  labels: number[];
  predicted: number[];
  accuracy: number;
  matthews: number;
  f1: number | null;
}[];

describe.each(cases)('of $labels.length predictions of $classes classes', (given) => {
  it("are scikit-learn's", () => {
    const { predicted, labels } = given;
    expect(accuracy(predicted, labels)).toBeCloseTo(given.accuracy, 12);
    expect(matthews(predicted, labels)).toBeCloseTo(given.matthews, 12);
    if (given.f1 !== null) expect(f1(predicted, labels)).toBeCloseTo(given.f1, 12);
  });
});
