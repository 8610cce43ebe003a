import { statSync } from 'node:fs';
import { MissingError } from '../errors.js';
import { listRunDirs } from '../report/runs.js';
import { statistic } from '../report/statistics.js';
import { type RunState, type RunStatus, runStatus } from '../run/status.js';
import { readJobList } from './job-list.js';

/** A sweep, or any set of runs, as it stands. */
export interface SweepStatus {
  readonly runs: readonly RunStatus[];
  readonly counts: Readonly<Record<RunState, number>>;
  /** Seconds until all is done, if as many runs as now run at a time; undefined where nothing tells. */
  readonly etaS: number | undefined;
}

/** Steps left × recent time of a step. */
export function remainingS({ step, totalSteps, stepS }: RunStatus): number | undefined {
  return totalSteps === undefined || stepS === undefined ? undefined : (totalSteps - step) * stepS;
}

function etaOf(runs: readonly RunStatus[]): number | undefined {
  const running = runs.filter(({ state }) => state === 'running');
  const left = runs.filter(({ state }) => state === 'not started' || state === 'interrupted');
  if (running.length === 0) return undefined;
  const wholeS = statistic(
    runs.flatMap(({ state, summary }) =>
      state === 'finished' && summary ? [summary.time.wallMs / 1000] : [],
    ),
  )?.mean;
  const parts = [...running, ...left].map(
    (run) =>
      remainingS(run) ?? (wholeS && wholeS * (1 - run.step / (run.totalSteps || Number.POSITIVE_INFINITY))),
  );
  if (parts.some((part) => part === undefined)) return undefined;
  const longest = Math.max(...parts.slice(0, running.length).map((part) => part ?? 0));
  const total = parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  return Math.max(longest, total / running.length);
}

/**
 * How the runs in or under `paths` are getting on. Those that a sweep there is still to start are among them.
 *
 * @throws MissingError when a path does not exist or there is no run
 */
export function sweepStatus(paths: readonly string[]): SweepStatus {
  const dirs = new Set<string>();
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new MissingError(`${path}: no such directory; expected a run's or a sweep's directory`);
    }
    for (const dir of readJobList(path) ?? []) dirs.add(dir);
    for (const dir of listRunDirs([path])) dirs.add(dir);
  }
  if (dirs.size === 0) {
    throw new MissingError(
      `${paths.join(', ')}: no runs; make some with "gen-bench run" or "gen-bench sweep"`,
    );
  }
  const runs = [...dirs].map(runStatus);
  const count = (state: RunState) => runs.filter((run) => run.state === state).length;
  return {
    runs,
    counts: {
      finished: count('finished'),
      running: count('running'),
      diverged: count('diverged'),
      interrupted: count('interrupted'),
      'not started': count('not started'),
    },
    etaS: etaOf(runs),
  };
}
