/**
 * The parabola along an update (GeN, arXiv:2407.02772, Eq. 2.3, 3.3, Appendices A.3 and C.2). Pure mathematics.
 *
 * Along the direction g the loss is L(w + ξg) ≈ L₀ + ξ·Gg + ξ²/2·gHg, and the best learning rate is η* = Gg / gHg
 * (Eq. 3.1), the step being w − η*g. Points are given as multiples s of the last learning rate: ξ = s·η.
 */
export interface Parabola {
  /** G·g: slope of the loss along g at ξ = 0. */
  readonly gg: number;
  /** g·H·g: curvature along g. */
  readonly ghg: number;
  /** η* = Gg / gHg; meaningful for a convex parabola (gHg > 0). */
  readonly lrStar: number;
  /** Coefficient of determination of the fit; 1 with three points, since the parabola goes through them. */
  readonly r2: number;
}

export interface ParabolaWithErrors extends Parabola {
  /** Standard errors of `gg` and `ghg` over the examples of the probe batch; undefined for fewer than two. */
  readonly ggSe?: number;
  readonly ghgSe?: number;
}

/** Linear functionals of the loss differences L(s_k) − L₀: gg = Σ slope_k·(L_k − L₀), ghg = Σ curvature_k·(L_k − L₀). */
interface FitWeights {
  readonly slope: readonly number[];
  readonly curvature: readonly number[];
}

/**
 * Weights of the least-squares parabola through L₀ at the point 0. With points (−1, 0, 1) they are the central
 * differences of Appendix A.3: (L₊ − L₋)/2η and (L₊ − 2L₀ + L₋)/η².
 */
function fitWeights(points: readonly number[], learningRate: number): FitWeights {
  // Normal equations of a·s + b·s²/2, in units of η: s2·a + s3/2·b = Σ s·d and s3/2·a + s4/4·b = Σ s²/2·d.
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  for (const s of points) {
    s2 += s * s;
    s3 += s * s * s;
    s4 += s * s * s * s;
  }
  const determinant = (s2 * s4 - s3 * s3) / 4;
  return {
    slope: points.map((s) => ((s4 / 4) * s - (s3 / 2) * ((s * s) / 2)) / determinant / learningRate),
    curvature: points.map(
      (s) => (s2 * ((s * s) / 2) - (s3 / 2) * s) / determinant / (learningRate * learningRate),
    ),
  };
}

/**
 * Fits the parabola to losses at `points` (multiples of `learningRate`, one of them 0).
 *
 * @param losses mean loss at every point
 * @throws RangeError when there are fewer than three different points or none is 0
 */
export function fitParabola(
  points: readonly number[],
  losses: readonly number[],
  learningRate: number,
): Parabola {
  const zero = points.indexOf(0);
  if (zero === -1 || new Set(points).size < 3 || points.length !== losses.length) {
    throw new RangeError(
      `a parabola needs at least three different points with 0 among them and a loss for each; found points [${points}] and ${losses.length} losses`,
    );
  }
  const differences = losses.map((loss) => loss - losses[zero]!);
  const { slope, curvature } = fitWeights(points, learningRate);
  const gg = dot(slope, differences);
  const ghg = dot(curvature, differences);
  return { gg, ghg, lrStar: gg / ghg, r2: determination(points, differences, gg, ghg, learningRate) };
}

/**
 * `fitParabola` on the losses of single examples: mean losses summed in double precision, and the standard errors of
 * gg and ghg from the paired spread, since every point sees the same examples.
 *
 * @param losses [points][examples]
 */
export function fitExamples(
  points: readonly number[],
  losses: readonly ArrayLike<number>[],
  learningRate: number,
): ParabolaWithErrors {
  const parabola = fitParabola(points, losses.map(mean), learningRate);
  const count = losses[0]!.length;
  if (count < 2) return parabola;
  const { slope, curvature } = fitWeights(points, learningRate);
  const zero = losses[points.indexOf(0)]!;
  const perExample = (weights: readonly number[]) =>
    Float64Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < points.length; k++) sum += weights[k]! * (losses[k]![i]! - zero[i]!);
      return sum;
    });
  return {
    ...parabola,
    ggSe: standardError(perExample(slope)),
    ghgSe: standardError(perExample(curvature)),
  };
}

/**
 * The one-sided fit: the slope is known (the dot product of the gradient and g, both at hand), so a single loss beside
 * L₀ gives the curvature: L(w + ξg) = L₀ + ξ·Gg + ξ²/2·gHg with ξ = s·η. Its error is O(η), against the symmetric
 * fit's O(η²).
 */
export function fitOneSided(
  gg: number,
  point: number,
  loss: number,
  lossZero: number,
  learningRate: number,
): Parabola {
  const xi = point * learningRate;
  const ghg = (2 * (loss - lossZero - xi * gg)) / (xi * xi);
  return { gg, ghg, lrStar: gg / ghg, r2: 1 };
}

/** Mean in double precision. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function standardError(values: Float64Array): number {
  const center = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - center) ** 2;
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** R² as scikit-learn's r2_score of the losses less L₀, the point 0 included. */
function determination(
  points: readonly number[],
  differences: readonly number[],
  gg: number,
  ghg: number,
  learningRate: number,
): number {
  const center = mean(differences);
  let residual = 0;
  let total = 0;
  points.forEach((s, k) => {
    const xi = s * learningRate;
    residual += (differences[k]! - (xi * gg + (xi * xi * ghg) / 2)) ** 2;
    total += (differences[k]! - center) ** 2;
  });
  if (points.length === 3) return 1; // exact up to rounding
  return total === 0 ? 0 : 1 - residual / total;
}
