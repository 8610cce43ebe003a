import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { lengthOf } from '../config/length.js';
import { loadConfig } from '../config/load.js';
import { type LockOwner, lockOwner } from '../lock-file.js';
import { CsvTail, type TailRow } from './csv-tail.js';
import { type RunSummary, readSummary } from './summary.js';

/** `interrupted`: begun, not finished, and no process is at it. */
export type RunState = 'finished' | 'running' | 'diverged' | 'interrupted' | 'not started';

export interface RunStatus {
  readonly dir: string;
  readonly state: RunState;
  /** Steps in metrics.csv. */
  readonly step: number;
  /** Steps it is to have; undefined where only the data would tell. */
  readonly totalSteps: number | undefined;
  /** Seconds since the last row was written; undefined for finished runs and without rows. */
  readonly lastRowAgeS: number | undefined;
  /** Who is running it. */
  readonly owner: LockOwner | undefined;
  /** Recent time of a step, evaluations not counted. */
  readonly stepS: number | undefined;
  readonly hasCheckpoint: boolean;
  readonly summary: RunSummary | undefined;
}

/** Enough for the last few dozen rows. */
const TAIL_BYTES = 32_768;
/** Steps whose mean time stands for those to come. */
export const RECENT_STEPS = 50;

/** Mean seconds of the last steps; undefined without rows. */
export function recentStepS(rows: readonly TailRow[]): number | undefined {
  const recent = rows.slice(-RECENT_STEPS);
  if (recent.length === 0) return undefined;
  const ms = (row: TailRow) =>
    ['train_ms', 'probe_ms', 'data_ms'].reduce((sum, column) => sum + (row.number(column) || 0), 0);
  return recent.reduce((sum, row) => sum + ms(row), 0) / recent.length / 1000;
}

/** Steps of the run in `dir` as its config says, or as it was told to stop earlier. */
export function plannedSteps(dir: string): number | undefined {
  let steps: number | undefined;
  try {
    steps = lengthOf(loadConfig(join(dir, 'config.yaml'))).totalSteps;
  } catch {
    return undefined; // not there yet, or another version's
  }
  const limit = maxSteps(join(dir, 'provenance.json'));
  return limit === undefined ? steps : Math.min(limit, steps ?? limit);
}

function maxSteps(provenancePath: string): number | undefined {
  try {
    const { command } = JSON.parse(readFileSync(provenancePath, 'utf8')) as { command?: unknown };
    const found = /--max-steps[= ](\d+)/.exec(String(command));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** The summary, undefined where there is none or it is damaged. */
function summaryIn(dir: string): RunSummary | undefined {
  const path = join(dir, 'summary.json');
  try {
    return existsSync(path) ? readSummary(path) : undefined;
  } catch {
    return undefined;
  }
}

/** What a run is doing, by its lock and its summary alone. */
export function runState(dir: string): Pick<RunStatus, 'state' | 'owner' | 'summary'> {
  const owner = lockOwner(join(dir, '.lock'));
  const summary = summaryIn(dir);
  return { state: stateOf(dir, summary, owner), owner, summary };
}

function stateOf(dir: string, summary: RunSummary | undefined, owner: LockOwner | undefined): RunState {
  if (owner) return 'running'; // a summary is that of the part before
  if (summary?.status === 'done' || summary?.status === 'max-steps') return 'finished';
  if (summary?.status === 'diverged') return 'diverged';
  return existsSync(join(dir, 'config.yaml')) ? 'interrupted' : 'not started';
}

/** What can be seen of a run from outside, while it runs or not. Reads the end of metrics.csv only. */
export function runStatus(dir: string): RunStatus {
  const { state, owner, summary } = runState(dir);
  const hasCheckpoint = existsSync(join(dir, 'checkpoint', 'latest.safetensors'));
  if (summary && (state === 'finished' || state === 'diverged')) {
    const { steps } = summary;
    const nothing = { lastRowAgeS: undefined, stepS: undefined, owner: undefined };
    return { dir, state, step: steps, totalSteps: steps, ...nothing, hasCheckpoint, summary };
  }
  const metrics = join(dir, 'metrics.csv');
  const { rows } = new CsvTail(metrics, TAIL_BYTES).read();
  const step = rows.at(-1)?.number('step') ?? 0;
  const planned = plannedSteps(dir);
  return {
    dir,
    state,
    step,
    totalSteps: planned === undefined ? undefined : Math.max(planned, step),
    lastRowAgeS: rows.length > 0 ? Math.max(0, (Date.now() - statSync(metrics).mtimeMs) / 1000) : undefined,
    owner,
    stepS: recentStepS(rows),
    hasCheckpoint,
    summary,
  };
}

/** `process 4711`, with the machine where it is another. */
export function ownerText({ pid, host }: LockOwner): string {
  return `process ${pid}${host === undefined || host === hostname() ? '' : ` on ${host}`}`;
}
