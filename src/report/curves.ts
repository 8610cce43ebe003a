import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CsvTable, readMetrics } from '../run/csv-read.js';
import type { Method } from './aggregate.js';
import type { Run } from './runs.js';

/** A point of a method's curve: mean, least and greatest over its seeds. */
export interface CurvePoint {
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Values over steps of one run. */
export interface RunCurve {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** More points than this a line shows nothing but makes files large. */
const MAX_POINTS = 500;

/** A CSV of a run; undefined where it is missing or empty. */
export function readRunCsv(run: Run, file: 'metrics.csv' | 'eval.csv'): CsvTable | undefined {
  const path = join(run.dir, file);
  if (!existsSync(path)) return undefined;
  const table = readMetrics(path);
  return table.length > 0 ? table : undefined;
}

/** A column of metrics.csv over its steps, non-finite values left out. */
export function runCurve(table: CsvTable, column: string): RunCurve {
  const steps = table.numbers('step');
  const values = table.numbers(column);
  const kept = [...steps.keys()].filter((i) => Number.isFinite(values[i]));
  return { steps: kept.map((i) => steps[i] as number), values: kept.map((i) => values[i] as number) };
}

/** Test values of one metric over the steps of its evaluations. */
export function evalCurve(table: CsvTable, metric: string): RunCurve {
  const steps = table.numbers('step');
  const values = table.numbers('value');
  const names = table.strings('metric');
  const splits = table.strings('split');
  const kept = [...steps.keys()].filter(
    (i) => names[i] === metric && splits[i] === 'test' && Number.isFinite(values[i]),
  );
  return { steps: kept.map((i) => steps[i] as number), values: kept.map((i) => values[i] as number) };
}

/** Centred mean over `window` values (made odd); at the ends over as many as there are on both sides. */
export function smooth({ steps, values }: RunCurve, window: number): RunCurve {
  const half = Math.floor(window / 2);
  const smoothed = values.map((_, i) => {
    const reach = Math.min(half, i, values.length - 1 - i);
    const part = values.slice(i - reach, i + reach + 1);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  return { steps, values: smoothed };
}

/** Every k-th point, the last included, so that at most `MAX_POINTS` stay. */
export function thin<T>(points: readonly T[]): T[] {
  const stride = Math.ceil(points.length / MAX_POINTS);
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
}

/** Mean and range over several runs, at the steps that all of them have. */
export function bandOf(curves: readonly RunCurve[]): CurvePoint[] {
  const [first, ...others] = curves.map(
    ({ steps, values }) => new Map(steps.map((step, i) => [step, values[i] as number])),
  );
  if (!first) return [];
  const points: CurvePoint[] = [];
  for (const [step, value] of first) {
    const values = [value, ...others.flatMap((other) => other.get(step) ?? [])];
    if (values.length < curves.length) continue;
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    points.push({ step, mean, low: Math.min(...values), high: Math.max(...values) });
  }
  return thin(points);
}

/** One method's curves of one quantity. */
export interface MethodCurve {
  readonly method: Method;
  /** Over its completed runs. */
  readonly band: readonly CurvePoint[];
  /** Each diverged run as far as it went. */
  readonly diverged: readonly RunCurve[];
}

/** Reads one quantity of every method; methods without any value are left out. */
export function methodCurves(
  methods: readonly Method[],
  curve: (run: Run) => RunCurve | undefined,
): MethodCurve[] {
  const of = (runs: readonly Run[]) =>
    runs.flatMap((run) => {
      const found = curve(run);
      return found && found.steps.length > 0 ? [found] : [];
    });
  return methods
    .map((method) => ({
      method,
      band: bandOf(of(method.completed)),
      diverged: of(method.leftOut.filter(({ kind }) => kind === 'diverged').map(({ run }) => run)),
    }))
    .filter(({ band, diverged }) => band.length > 0 || diverged.length > 0);
}
