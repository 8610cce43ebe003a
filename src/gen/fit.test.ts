import { describe, expect, test } from 'vitest';
import { fitExamples, fitOneSided, fitParabola } from './fit.js';

/** Losses of an exact parabola L0 + ξ·gg + ξ²/2·ghg at ξ = s·η. */
const parabola = (points: readonly number[], rate: number, l0: number, gg: number, ghg: number) =>
  points.map((s) => l0 + s * rate * gg + ((s * rate) ** 2 / 2) * ghg);

/** A small deterministic generator, independent of the program's own. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

describe('fitParabola', () => {
  test.each([[[-1, 0, 1]], [[0, 1, 2]], [[-2, -1, 0, 1, 2]], [[1, -1, 0]], [[-0.5, 0, 3]]])(
    'recovers an exact parabola from points %j',
    (points) => {
      const fit = fitParabola(points, parabola(points, 0.03, 1.7, 2.5, 40), 0.03);
      expect(fit.gg).toBeCloseTo(2.5, 9);
      expect(fit.ghg).toBeCloseTo(40, 7);
      expect(fit.lrStar).toBeCloseTo(2.5 / 40, 11);
      expect(fit.r2).toBeCloseTo(1, 9);
    },
  );

  test('three symmetric points are the central differences of Appendix A.3', () => {
    const [minus, zero, plus] = [0.91, 0.88, 0.97];
    const rate = 0.05;
    const fit = fitParabola([-1, 0, 1], [minus, zero, plus], rate);
    expect(fit.gg).toBeCloseTo((plus - minus) / (2 * rate), 12);
    expect(fit.ghg).toBeCloseTo((plus - 2 * zero + minus) / rate ** 2, 10);
    // Eq. 3.3
    expect(fit.lrStar).toBeCloseTo(((rate / 2) * (plus - minus)) / (plus - 2 * zero + minus), 12);
  });

  test('R² of five points falls when the loss is no parabola', () => {
    const points = [-2, -1, 0, 1, 2];
    const bent = fitParabola(
      points,
      points.map((s) => 1 + Math.sin(3 * s)),
      0.1,
    );
    expect(bent.r2).toBeLessThan(0.9);
  });

  test.each([
    [
      [-1, 1, 2],
      [1, 2, 3],
    ],
    [
      [0, 1],
      [1, 2],
    ],
    [
      [0, 1, 1],
      [1, 2, 2],
    ],
    [
      [-1, 0, 1],
      [1, 2],
    ],
  ])('refuses points %j with losses %j', (points, losses) => {
    expect(() => fitParabola(points, losses, 0.1)).toThrow(RangeError);
  });

  test('does not change when the loss is scaled and the direction with it (Remark 3.3)', () => {
    // Scaling the loss by c scales an SGD direction by c: the same weights are reached at η/c.
    const losses = [0.91, 0.88, 0.97];
    const c = 137;
    const plain = fitParabola([-1, 0, 1], losses, 0.05);
    const scaled = fitParabola(
      [-1, 0, 1],
      losses.map((loss) => c * loss),
      0.05 / c,
    );
    expect(scaled.lrStar * c).toBeCloseTo(plain.lrStar, 12);
  });
});

describe('errors of the estimate (Proposition 3.5)', () => {
  /** L(ξ) = e^{aξ} − bξ has third and fourth derivatives: the parabola is only an approximation. */
  const loss = (xi: number) => Math.exp(1.5 * xi) - 2.5 * xi;
  const exact = (1.5 - 2.5) / 1.5 ** 2;
  const error = (points: readonly number[], rate: number) =>
    Math.abs(
      fitParabola(
        points,
        points.map((s) => loss(s * rate)),
        rate,
      ).lrStar - exact,
    );
  const slope = (points: readonly number[]) => Math.log2(error(points, 0.02) / error(points, 0.01));

  test('falls as O(η²) for symmetric points', () => {
    expect(slope([-1, 0, 1])).toBeCloseTo(2, 1);
  });

  test('falls only as O(η) for one-sided points (Appendix A.3)', () => {
    expect(slope([0, 1, 2])).toBeCloseTo(1, 1);
  });

  test('the one-sided fit with the known slope agrees with the symmetric one to O(η)', () => {
    const difference = (rate: number) => {
      const symmetric = fitParabola(
        [-1, 0, 1],
        [-1, 0, 1].map((s) => loss(s * rate)),
        rate,
      );
      const oneSided = fitOneSided(1.5 - 2.5, -1, loss(-rate), loss(0), rate);
      return Math.abs(symmetric.lrStar - oneSided.lrStar);
    };
    expect(Math.log2(difference(0.02) / difference(0.01))).toBeCloseTo(1, 1);
  });

  test('falls as O(1/√B) with the batch size', () => {
    // Examples with losses (w − x)² around their own minima: exact parabolas, so that only sampling errs.
    const random = generator(7);
    const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    const rms = (batchSize: number) => {
      const trials = 2000;
      let squares = 0;
      for (let t = 0; t < trials; t++) {
        const centers = Float64Array.from({ length: batchSize }, () => 1 + normal());
        const losses = [-1, 0, 1].map((s) => centers.map((center) => (center + s * 0.1) ** 2 / 2));
        squares += (fitExamples([-1, 0, 1], losses, 0.1).lrStar - 1) ** 2;
      }
      return Math.sqrt(squares / trials);
    };
    const measured = Math.log2(rms(16) / rms(256)) / 4;
    expect(measured).toBeGreaterThan(0.45);
    expect(measured).toBeLessThan(0.55);
  });
});

describe('standard errors', () => {
  test('match the spread over resampled batches within 15 %', () => {
    const random = generator(3);
    const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    const points = [-1, 0, 1];
    const rate = 0.1;
    // slope and curvature differ from example to example
    const batch = () => {
      const examples = Array.from({ length: 100 }, () => ({
        slope: 1 + normal(),
        curvature: 4 + 2 * normal(),
      }));
      return points.map((s) =>
        Float64Array.from(examples, (e) => s * rate * e.slope + ((s * rate) ** 2 / 2) * e.curvature),
      );
    };
    const fits = Array.from({ length: 1000 }, () => fitExamples(points, batch(), rate));
    const spread = (values: number[]) => {
      const center = values.reduce((a, b) => a + b) / values.length;
      return Math.sqrt(values.reduce((sum, v) => sum + (v - center) ** 2, 0) / (values.length - 1));
    };
    const average = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    const ggRatio = average(fits.map((f) => f.ggSe!)) / spread(fits.map((f) => f.gg));
    const ghgRatio = average(fits.map((f) => f.ghgSe!)) / spread(fits.map((f) => f.ghg));
    expect(ggRatio).toBeGreaterThan(0.85);
    expect(ggRatio).toBeLessThan(1.15);
    expect(ghgRatio).toBeGreaterThan(0.85);
    expect(ghgRatio).toBeLessThan(1.15);
  });

  test('are absent for a single example', () => {
    const fit = fitExamples([-1, 0, 1], [[2], [1], [3]], 0.1);
    expect(fit.ggSe).toBeUndefined();
    expect(fit.ghgSe).toBeUndefined();
  });
});
