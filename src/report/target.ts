import { didYouMean } from '../config/suggest.js';
import { UsageError } from '../errors.js';
import { metrics as metricRegistry } from '../metrics/registry.js';
import type { CompletedRun, Method } from './aggregate.js';
import { readRunCsv } from './curves.js';
import { type Statistic, statistic } from './statistics.js';

/** A value of a metric that runs are to reach. */
export interface Target {
  readonly metric: string;
  readonly value: number;
}

/** What a method spent until its evaluations first reached a target; statistics over the runs that did. */
export interface TargetCell {
  readonly target: Target;
  /** Seeds of completed runs that reached it. */
  readonly reachedSeeds: readonly number[];
  readonly steps: Statistic | undefined;
  readonly forwardPasses: Statistic | undefined;
  readonly backwardPasses: Statistic | undefined;
  /** Training, probes and waiting for data, without evaluation. */
  readonly timeS: Statistic | undefined;
}

/** `accuracy=0.9`. @throws UsageError for another form or an unknown metric */
export function parseTarget(text: string): Target {
  const [metric = '', value = '', ...rest] = text.split('=');
  if (rest.length > 0 || value.trim() === '' || !Number.isFinite(Number(value))) {
    throw new UsageError(`--target ${text}: expected <metric>=<number>, e.g. accuracy=0.9`);
  }
  if (!Object.hasOwn(metricRegistry, metric)) {
    const names = Object.keys(metricRegistry);
    throw new UsageError(
      `--target ${text}: unknown metric${didYouMean(metric, names)}; there are: ${names.join(', ')}`,
    );
  }
  return { metric, value: Number(value) };
}

/** `accuracy ≥ 90 %`, `loss ≤ 0.1` */
export function targetLabel({ metric, value }: Target): string {
  const definition = metricRegistry[metric];
  const sign = definition?.better === 'lower' ? '≤' : '≥';
  const shown = definition?.percent ? `${Number((100 * value).toPrecision(6))} %` : String(value);
  return `${metric} ${sign} ${shown}`;
}

interface Spent {
  readonly seed: number;
  readonly steps: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  readonly timeS: number;
}

/** undefined where the run never got there, or its CSV files are gone. */
function spentUntil(run: CompletedRun, { metric, value }: Target): Spent | undefined {
  const evaluations = readRunCsv(run, 'eval.csv');
  if (!evaluations) return undefined;
  const lower = metricRegistry[metric]?.better === 'lower';
  const steps = evaluations.numbers('step');
  const values = evaluations.numbers('value');
  const splits = evaluations.strings('split');
  const first = evaluations
    .strings('metric')
    .findIndex(
      (name, i) =>
        name === metric &&
        (splits[i] === 'test' || splits[i] === 'train') &&
        (lower ? values[i]! <= value : values[i]! >= value),
    );
  if (first === -1) return undefined;
  const step = steps[first]!;
  const rows = readRunCsv(run, 'metrics.csv');
  if (!rows) return undefined;
  const count = rows.numbers('step').filter((other) => other <= step).length;
  const total = (column: string) =>
    rows
      .numbers(column)
      .subarray(0, count)
      .reduce((sum, x) => sum + (x || 0), 0);
  return {
    seed: run.seed,
    steps: step,
    forwardPasses: total('forward_passes'),
    backwardPasses: total('backward_passes'),
    timeS: (total('train_ms') + total('probe_ms') + total('data_ms')) / 1000,
  };
}

/** Cost of a method until the target, as fine as it was evaluated. */
export function targetCell(method: Method, target: Target): TargetCell {
  const spent = method.completed.flatMap((run) => spentUntil(run, target) ?? []);
  const over = (value: (one: Spent) => number) => statistic(spent.map(value));
  return {
    target,
    reachedSeeds: spent.map(({ seed }) => seed),
    steps: over(({ steps }) => steps),
    forwardPasses: over(({ forwardPasses }) => forwardPasses),
    backwardPasses: over(({ backwardPasses }) => backwardPasses),
    timeS: over(({ timeS }) => timeS),
  };
}
