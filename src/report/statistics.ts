import { createRequire } from 'node:module';
import type jstat from 'jstat';
import { mean as meanOf } from '../gen/fit.js';

/** Values of one quantity over the seeds of a method. */
export interface Statistic {
  readonly mean: number;
  /** Sample standard deviation (n − 1); undefined with fewer than two values. */
  readonly std: number | undefined;
  readonly n: number;
}

/** undefined where there are no values. */
export function statistic(values: readonly number[]): Statistic | undefined {
  if (values.length === 0) return undefined;
  return {
    mean: meanOf(values),
    std: values.length > 1 ? standardDeviation(values) : undefined,
    n: values.length,
  };
}

/** That of a sample: with n − 1. */
function standardDeviation(values: readonly number[]): number {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Pairs in which one value is better than the other. */
export interface WinRecord {
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
}

/** Seeds on which `values` is better or worse than `reference`; undefined without pairs. */
export function winRecord(
  values: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
  better: 'higher' | 'lower',
): WinRecord | undefined {
  const signs: number[] = [];
  for (const [seed, value] of values) {
    const other = reference.get(seed);
    if (other !== undefined) signs.push(Math.sign(better === 'higher' ? value - other : other - value));
  }
  if (signs.length === 0) return undefined;
  const count = (sign: number) => signs.filter((found) => found === sign).length;
  return { wins: count(1), losses: count(-1), ties: count(0) };
}

/** Mean of paired differences with its 95 % confidence interval. */
export interface PairedDifference {
  readonly mean: number;
  /** Half width of the interval; undefined with a single pair. */
  readonly halfWidth: number | undefined;
  /** Number of pairs: seeds that both have. */
  readonly n: number;
}

/**
 * Mean of `values − reference` over the seeds that both have, with the interval of Student's t for n − 1 degrees of
 * freedom. Pairing by seed takes out what the shared initial weights and data order contribute.
 */
export function pairedDifference(
  values: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
): PairedDifference | undefined {
  const differences: number[] = [];
  for (const [seed, value] of values) {
    const other = reference.get(seed);
    if (other !== undefined) differences.push(value - other);
  }
  const summary = statistic(differences);
  if (summary === undefined) return undefined;
  const { mean, std, n } = summary;
  const halfWidth = std === undefined ? undefined : (studentQuantile(0.975, n - 1) * std) / Math.sqrt(n);
  return { mean, halfWidth, n };
}

function studentQuantile(probability: number, degreesOfFreedom: number): number {
  // late: most tables do without, and it takes a tenth of the time that one needs
  const { studentt } = createRequire(import.meta.url)('jstat') as typeof jstat;
  return studentt.inv(probability, degreesOfFreedom);
}
