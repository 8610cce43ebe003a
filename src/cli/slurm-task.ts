import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { interruptSignal } from './interrupt.js';
import type { SetExitCode } from './program.js';

/** A task of a Slurm array as its batch script calls it; no command for people, so it is not in the help. */
export function addSlurmTask(program: Command, setExitCode: SetExitCode): void {
  program
    .command('slurm-task', { hidden: true })
    .argument('<dir>', 'directory of the array')
    .action(async (dir: string) => {
      setExitCode(await slurmTask(dir));
    });
}

async function slurmTask(dir: string): Promise<number> {
  const { SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID, SLURM_RESTART_COUNT, SLURM_CPUS_ON_NODE } = process.env;
  if (SLURM_ARRAY_JOB_ID === undefined || SLURM_ARRAY_TASK_ID === undefined) {
    throw new UsageError(
      'slurm-task runs in a job array of Slurm; start one with: gen-bench sweep --launcher slurm',
    );
  }
  // the task's share, not the whole node
  if (SLURM_CPUS_ON_NODE !== undefined) process.env.GEN_BENCH_THREADS ??= SLURM_CPUS_ON_NODE;
  const { signal, release } = interruptSignal();
  try {
    const { runSlurmTask } = await import('../sweep/slurm-task.js');
    return await runSlurmTask(dir, {
      jobId: SLURM_ARRAY_JOB_ID,
      index: Number(SLURM_ARRAY_TASK_ID),
      restarts: Number(SLURM_RESTART_COUNT ?? 0),
      signal,
    });
  } finally {
    release();
  }
}
