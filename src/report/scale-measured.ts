import { MissingError } from '../errors.js';
import type { CsvTable } from '../run/csv-read.js';
import { readRunCsv } from './curves.js';
import { findRuns, type Run } from './runs.js';
import type { StepTimes } from './scale-model.js';

/** Speed of GeN runs beside their own steps without probes. */
interface MeasuredSpeed {
  readonly phi: number;
  /** Forward passes of a probe. */
  readonly probePasses: number;
  /** Mean over the runs. */
  readonly speed: number;
  readonly runs: number;
}

export interface MeasuredTimes {
  /** Medians over the steps of all runs, in milliseconds. */
  readonly times: StepTimes;
  readonly speeds: readonly MeasuredSpeed[];
  readonly runs: number;
}

/** What runs must share with the config for their times to be its. */
export interface SameWork {
  readonly model: string;
  readonly dataset: string | undefined;
  readonly batchSize: unknown;
}

/** The first steps record graphs and fill caches: a tenth of the run is left out. */
const WARM_UP = 0.1;

interface RunTimes {
  readonly forwardMs: readonly number[];
  /** Steps without the probe. */
  readonly trainMs: readonly number[];
  readonly dataMs: readonly number[];
  readonly phi: number;
  readonly probePasses: number;
  readonly speed: number;
}

/**
 * F, B and the rest of a step from the times in metrics.csv of GeN runs, and how fast these runs were.
 *
 * @throws MissingError where no run under `paths` does the same work with GeN
 */
export function measureTimes(paths: readonly string[], work: SameWork): MeasuredTimes {
  const runs = findRuns(paths).filter(
    ({ config, summary }) =>
      config.scheduler.name === 'gen' &&
      config.model.name === work.model &&
      config.dataset?.name === work.dataset &&
      config.train.batch_size === work.batchSize &&
      summary !== undefined,
  );
  const found = runs.flatMap((run) => runTimes(run) ?? []);
  if (found.length === 0) {
    const data = work.dataset === undefined ? '' : ` on ${work.dataset}`;
    throw new MissingError(
      `${paths.join(', ')}: no ended GeN run of ${work.model}${data} with the config's batch size to take times from`,
    );
  }
  const forward = median(found.flatMap(({ forwardMs }) => forwardMs));
  const step = median(found.flatMap(({ trainMs }) => trainMs));
  const other = median(found.flatMap(({ dataMs }) => dataMs));
  return {
    times: { forward, backward: Math.max(0, step - forward), other },
    speeds: meanSpeeds(found),
    runs: found.length,
  };
}

function runTimes(run: Run): RunTimes | undefined {
  const table = readRunCsv(run, 'metrics.csv');
  if (!table) return undefined;
  const column = (name: string) => kept(table, name);
  const train = column('train_ms');
  const probe = column('probe_ms');
  const data = column('data_ms');
  const forwardPasses = column('forward_passes');
  const backwardPasses = column('backward_passes');
  // a probe's passes are what goes beyond those of the gradient, which are as many as backward passes
  const passes = forwardPasses.map((count, i) => count - backwardPasses[i]!);
  const probes = passes.flatMap((count, i) => (count > 0 ? [i] : []));
  if (probes.length === 0) return undefined;
  const plain = passes.flatMap((count, i) => (count > 0 ? [] : [i]));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const base = sum(train) + sum(data);
  return {
    forwardMs: probes.map((i) => probe[i]! / passes[i]!),
    trainMs: (plain.length > 0 ? plain : probes).map((i) => train[i]!),
    dataMs: data,
    phi: Number(run.config.scheduler.phi),
    probePasses: sum(probes.map((i) => passes[i]!)) / probes.length,
    speed: base / (base + sum(probe)),
  };
}

/** A column without the warm-up. */
function kept(table: CsvTable, name: string): number[] {
  return [...table.numbers(name)].slice(Math.ceil(WARM_UP * table.length));
}

function meanSpeeds(found: readonly RunTimes[]): MeasuredSpeed[] {
  const keyOf = ({ phi, probePasses }: RunTimes) => `${phi} ${probePasses}`;
  const keys = [...new Set(found.map(keyOf))];
  return keys
    .map((key) => found.filter((run) => keyOf(run) === key))
    .map((group) => ({
      phi: group[0]!.phi,
      probePasses: group[0]!.probePasses,
      speed: group.reduce((sum, { speed }) => sum + speed, 0) / group.length,
      runs: group.length,
    }))
    .sort((a, b) => a.phi - b.phi || a.probePasses - b.probePasses);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
