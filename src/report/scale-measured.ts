import { MissingError } from '../errors.js';
import { readRunCsv } from './curves.js';
import { findRuns, type Run } from './runs.js';
import type { StepTimes } from './scale-model.js';

/** Speed of GeN runs beside their own steps without probes. */
interface MeasuredSpeed {
  readonly phi: number;
  /** Forward passes of a probe. */
  readonly probePasses: number;
  /** Mean over the runs, each from its median times. */
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

/** The first steps and the first probes record graphs, check them and fill caches: so much of a run is left out. */
const WARM_UP = { part: 0.1, probes: 3 };

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
  // a probe's passes are what goes beyond those of the gradient, which are as many as backward passes
  const backwardPasses = table.numbers('backward_passes');
  const allPasses = [...table.numbers('forward_passes')].map((count, i) => count - backwardPasses[i]!);
  const lastOfWarmUp = allPasses.flatMap((count, i) => (count > 0 ? [i] : []))[WARM_UP.probes - 1];
  if (lastOfWarmUp === undefined) return undefined;
  const first = Math.max(Math.ceil(WARM_UP.part * table.length), lastOfWarmUp + 1);
  const column = (name: string) => [...table.numbers(name)].slice(first);
  const passes = allPasses.slice(first);
  const probes = passes.flatMap((count, i) => (count > 0 ? [i] : []));
  if (probes.length === 0) return undefined;
  const plain = passes.flatMap((count, i) => (count > 0 ? [] : [i]));
  const train = column('train_ms');
  const probe = column('probe_ms');
  const dataMs = column('data_ms');
  const trainMs = (plain.length > 0 ? plain : probes).map((i) => train[i]!);
  // medians, as sums tell more of what else the machine did: one probe in eight is soon disturbed
  const base = median(trainMs) + median(dataMs);
  const probeMs = median(probes.map((i) => probe[i]!)) * (probes.length / passes.length);
  return {
    forwardMs: probes.map((i) => probe[i]! / passes[i]!),
    trainMs,
    dataMs,
    phi: Number(run.config.scheduler.phi),
    probePasses: probes.reduce((sum, i) => sum + passes[i]!, 0) / probes.length,
    speed: base / (base + probeMs),
  };
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
