/** Slurm's own commands. */
import { spawnSync } from 'node:child_process';
import { MissingError, UsageError } from '../errors.js';

function slurm(command: string, args: readonly string[]): { ok: boolean; stdout: string; stderr: string } {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw new MissingError(
      `${command} not found: --launcher slurm needs Slurm's commands on this machine. Run it on a login node of the cluster, or leave --launcher out.`,
    );
  }
  if (error) throw error;
  return { ok: status === 0, stdout, stderr: stderr.trim() };
}

/**
 * Submits a batch script.
 *
 * @returns the job's number
 * @throws UsageError with what sbatch says when it refuses
 */
export function submit(script: string, args: readonly string[]): string {
  const { ok, stdout, stderr } = slurm('sbatch', ['--parsable', ...args, script]);
  if (!ok) throw new UsageError(`sbatch refused ${script}: ${stderr}`);
  return stdout.trim().split(';')[0] as string; // with several clusters: <number>;<cluster>
}

/**
 * State (`PENDING`, `RUNNING`, …) of each task of an array that is still in the queue, by its number; undefined when
 * the controller does not answer now.
 */
export function queuedTasks(jobId: string): Map<number, string> | undefined {
  const args = ['--noheader', '--array', `--jobs=${jobId}`, '--format=%K %T'];
  const { ok, stdout, stderr } = slurm('squeue', args);
  if (!ok && stderr.includes('Invalid job id')) return new Map(); // Slurm has forgotten it: long done
  if (!ok) return undefined;
  const lines = stdout.split('\n').filter((line) => line.trim() !== '');
  return new Map(
    lines.map((line) => {
      const [index = '', state = ''] = line.trim().split(/\s+/);
      return [Number(index), state];
    }),
  );
}

/** Ends all tasks of an array; those that run get SIGTERM first. */
export function cancel(jobId: string): void {
  slurm('scancel', [jobId]);
}

/** Puts a running task back into the queue, which ends it here. */
export function requeue(arrayJobId: string, index: number): void {
  const { ok, stderr } = slurm('scontrol', ['requeue', `${arrayJobId}_${index}`]);
  if (!ok)
    throw new UsageError(`scontrol requeue: ${stderr}. The checkpoint is written: go on with --resume.`);
}
