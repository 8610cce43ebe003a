import type { JobOutcome, SweepOptions } from './run.js';
import { runSweep } from './run.js';
import { clearOutcome, readTask, writeOutcome } from './slurm-array.js';
import { requeue } from './slurm-queue.js';

/** What Slurm tells a task through its environment, and how the task is told to stop. */
export interface TaskOptions extends Pick<SweepOptions, 'workerPath'> {
  /** SLURM_ARRAY_JOB_ID */
  readonly jobId: string;
  /** SLURM_ARRAY_TASK_ID */
  readonly index: number;
  /** SLURM_RESTART_COUNT: how often Slurm has put this task back. */
  readonly restarts: number;
  /** Its reason is the name of the signal that the process got. */
  readonly signal: AbortSignal;
}

/**
 * Runs a task of an array as a sweep of one job on this node: crashes are tried again, a finished run is not. Ahead of
 * the time limit Slurm sends SIGUSR1: after the checkpoint the task puts itself back into the queue. After SIGTERM it
 * does not: Slurm itself puts a preempted task back, and one that was cancelled is to stay away.
 *
 * @param dir the array's directory
 * @returns the exit code
 */
export async function runSlurmTask(dir: string, options: TaskOptions): Promise<number> {
  const { jobId, index, restarts, signal, workerPath } = options;
  const { job, options: shared } = readTask(dir, index);
  clearOutcome(dir, index);
  const again = restarts > 0;
  const { exitCode, outcomes } = await runSweep([job], {
    ...shared,
    jobs: 1,
    resume: shared.resume || again,
    force: shared.force && !again,
    signal,
    workerPath,
  });
  const outcome = outcomes.get(job) as JobOutcome;
  writeOutcome(dir, index, outcome);
  if (outcome.kind === 'interrupted' && signal.reason === 'SIGUSR1') requeue(jobId, index);
  return exitCode;
}
