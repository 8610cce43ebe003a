import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SweepJob } from '../config/sweep.js';
import { UsageError } from '../errors.js';
import { finishedSummary } from './finished.js';
import { exitCodeOf, type JobOutcome, type SweepOptions, type SweepResult } from './run.js';
import {
  type ArrayOptions,
  createArray,
  latestArray,
  logPath,
  readOutcome,
  writeJobId,
} from './slurm-array.js';
import { cancel, queuedTasks, submit } from './slurm-queue.js';

/** Largest array that Slurm takes by default (MaxArraySize 1001); longer sweeps are several, one after the other. */
const MAX_ARRAY_SIZE = 1000;
const POLL_MS = 5000;
/** Time for a checkpoint before a task's limit; Slurm may send the signal up to a minute earlier. */
const SIGNAL_AHEAD_S = 120;

export interface SlurmOptions extends Omit<SweepOptions, 'jobs' | 'workerPath'> {
  /** Largest number of tasks that run at once; undefined: as many as the cluster lets. */
  readonly jobs: number | undefined;
  /** Further arguments of sbatch, e.g. `--partition=gpu`; they outweigh those in the script. */
  readonly sbatchArguments: readonly string[];
  /** The command that the script calls with `slurm-task <array directory>`. */
  readonly program: readonly string[];
  readonly pollMs?: number;
}

/**
 * Runs the jobs of a sweep as tasks of a Slurm job array and waits for them. Each task is a sweep of one job on its
 * node (src/cli/slurm-task.ts). Aborting cancels the array: running tasks write a checkpoint first.
 *
 * @throws UsageError where an array of an earlier call is still in the queue, unless `resume` says to wait for it
 */
export async function runSlurmSweep(jobs: readonly SweepJob[], options: SlurmOptions): Promise<SweepResult> {
  const { force, maxSteps, signal } = options;
  const outDir = resolve(options.outDir);
  const outcomes = new Map<SweepJob, JobOutcome>();
  const end = (job: SweepJob, outcome: JobOutcome) => {
    outcomes.set(job, outcome);
    options.onEvent?.({ kind: 'ended', job, outcome });
  };

  mkdirSync(outDir, { recursive: true });
  await waitForEarlier(outDir, options);
  const pending: SweepJob[] = [];
  for (const job of jobs) {
    const summary = force ? undefined : finishedSummary(join(outDir, job.dir), job.config, maxSteps);
    if (summary) end(job, { kind: 'skipped', summary });
    else pending.push(job);
  }

  for (let first = 0; first < pending.length && !signal?.aborted; first += MAX_ARRAY_SIZE) {
    await runArray(pending.slice(first, first + MAX_ARRAY_SIZE), { ...options, outDir }, end);
  }
  for (const job of pending) if (!outcomes.has(job)) end(job, { kind: 'interrupted' });
  return { exitCode: exitCodeOf([...outcomes.values()]), outcomes };
}

/** The array of a call that was killed goes on by itself; submitting its jobs again would run them twice. */
async function waitForEarlier(outDir: string, options: SlurmOptions): Promise<void> {
  const earlier = latestArray(outDir);
  if (!earlier) return;
  const isQueued = () => queuedTasks(earlier.jobId)?.size !== 0;
  if (!isQueued()) return;
  if (!options.resume) {
    throw new UsageError(
      `${outDir}: Slurm job ${earlier.jobId} of an earlier call is still in the queue. Wait for it: --resume. End it: scancel ${earlier.jobId}.`,
    );
  }
  while (isQueued() && !options.signal?.aborted) await pause(options);
  if (options.signal?.aborted) cancel(earlier.jobId);
}

async function runArray(
  jobs: readonly SweepJob[],
  options: SlurmOptions,
  end: (job: SweepJob, outcome: JobOutcome) => void,
): Promise<void> {
  const { signal } = options;
  const { outDir, resume, force, retries, maxSteps, dataDir, compile, command } = options;
  const shared: ArrayOptions = { outDir, resume, force, retries, maxSteps, dataDir, compile, command };
  const dir = createArray(jobs, shared);
  const script = join(dir, 'array.sh');
  writeFileSync(script, batchScript(dir, jobs.length, options));
  const jobId = submit(script, options.sbatchArguments);
  writeJobId(dir, jobId);

  const waiting = new Map(jobs.map((job, index) => [index, job]));
  const started = new Set<number>();
  const silent = new Set<number>();
  const stop = () => cancel(jobId);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);
  try {
    while (waiting.size > 0) {
      await pause(options);
      const queued = queuedTasks(jobId);
      if (!queued) continue;
      for (const [index, job] of waiting) {
        const state = queued.get(index);
        if (state !== undefined) silent.delete(index);
        if (state !== undefined && state !== 'PENDING' && !started.has(index)) {
          started.add(index);
          options.onEvent?.({ kind: 'started', job });
        }
        if (state !== undefined) continue;
        const found = readOutcome(dir, index, join(outDir, job.dir));
        // without a word, or interrupted, it may only be on its way back into the queue: missing again, it is gone
        if ((!found || found.kind === 'interrupted') && !silent.has(index)) {
          silent.add(index);
          continue;
        }
        waiting.delete(index);
        const outcome = found ?? lostTask(dir, index);
        // what the cancelled array never began, or was killed at before it could say so
        const cancelled = signal?.aborted && outcome.kind === 'failed';
        end(job, cancelled ? { kind: 'interrupted' } : outcome);
      }
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function lostTask(dir: string, index: number): JobOutcome {
  const message =
    'the task left the queue without a word (out of memory, cancelled, or its node failed); ' +
    `its output is in ${logPath(dir, String(index))}`;
  return { kind: 'failed', exitCode: 1, message };
}

/** Waits a while, less when interrupted. */
async function pause({ pollMs = POLL_MS, signal }: SlurmOptions): Promise<void> {
  // once aborted the signal would end every wait at once
  await delay(pollMs, undefined, signal?.aborted ? {} : { signal }).catch(() => {});
}

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** The script that sbatch gets: one task a job. */
function batchScript(dir: string, tasks: number, { jobs, program }: SlurmOptions): string {
  const limit = jobs === undefined ? '' : `%${jobs}`;
  return `#!/bin/bash
#SBATCH --job-name=gen-bench
#SBATCH --array=0-${tasks - 1}${limit}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@${SIGNAL_AHEAD_S}
#SBATCH --output=${quote(logPath(dir, '%a'))}
# Written by gen-bench sweep --launcher slurm. exec: the signals of Slurm are for the program.
exec ${[...program, 'slurm-task', dir].map(quote).join(' ')}
`;
}
