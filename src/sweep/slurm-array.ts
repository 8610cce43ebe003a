/** The directory of one Slurm job array: what its tasks are to run, and what they left. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SweepJob } from '../config/sweep.js';
import { writeWhole } from '../run/directory.js';
import { readSummary } from '../run/summary.js';
import type { JobOutcome, SweepOptions } from './run.js';

/** What all tasks of an array share. */
export type ArrayOptions = Pick<
  SweepOptions,
  'outDir' | 'resume' | 'force' | 'retries' | 'maxSteps' | 'dataDir' | 'compile' | 'command'
>;

/** One task of the array. */
interface ArrayTask {
  readonly job: SweepJob;
  readonly options: ArrayOptions;
}

const arraysDir = (outDir: string) => join(outDir, '.slurm');
const tasksPath = (dir: string) => join(dir, 'tasks.json');
const jobIdPath = (dir: string) => join(dir, 'job-id');
const outcomePath = (dir: string, index: number) => join(dir, `task-${index}.json`);

/** The directories of a sweep's arrays, the latest last. */
function arrayNumbers(outDir: string): number[] {
  mkdirSync(arraysDir(outDir), { recursive: true });
  return readdirSync(arraysDir(outDir))
    .map(Number)
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
}

/** Makes the directory of a new array below `options.outDir`; its tasks are `jobs` in their order. */
export function createArray(jobs: readonly SweepJob[], options: ArrayOptions): string {
  const number = (arrayNumbers(options.outDir).at(-1) ?? 0) + 1;
  const dir = join(arraysDir(options.outDir), String(number));
  mkdirSync(dir);
  writeFileSync(tasksPath(dir), JSON.stringify({ options, jobs }));
  return dir;
}

export function writeJobId(dir: string, jobId: string): void {
  writeWhole(jobIdPath(dir), jobId);
}

/** Slurm's number of the sweep's latest array, and its directory; undefined where none was submitted. */
export function latestArray(outDir: string): { dir: string; jobId: string } | undefined {
  const number = arrayNumbers(outDir).at(-1);
  if (number === undefined) return undefined;
  const dir = join(arraysDir(outDir), String(number));
  try {
    return { dir, jobId: readFileSync(jobIdPath(dir), 'utf8') };
  } catch {
    return undefined; // sbatch refused it
  }
}

/** @throws where the directory is not an array's or has no such task */
export function readTask(dir: string, index: number): ArrayTask {
  const { options, jobs } = JSON.parse(readFileSync(tasksPath(dir), 'utf8')) as {
    options: ArrayOptions;
    jobs: SweepJob[];
  };
  const job = jobs[index];
  if (!job) throw new Error(`${tasksPath(dir)} has no task ${index}`);
  return { job, options };
}

/** A task that begins, or begins again, has no outcome yet. */
export function clearOutcome(dir: string, index: number): void {
  rmSync(outcomePath(dir, index), { force: true });
}

export function writeOutcome(dir: string, index: number, outcome: JobOutcome): void {
  // a summary is in the run's own directory
  const { summary: _, ...rest } = { summary: undefined, ...outcome };
  writeWhole(outcomePath(dir, index), JSON.stringify(rest));
}

/** What became of a task that is no longer in the queue; undefined where it left no word. */
export function readOutcome(dir: string, index: number, runDir: string): JobOutcome | undefined {
  let text: string;
  try {
    text = readFileSync(outcomePath(dir, index), 'utf8');
  } catch {
    return undefined;
  }
  const outcome = JSON.parse(text) as JobOutcome;
  if (outcome.kind !== 'done' && outcome.kind !== 'skipped') return outcome;
  return { kind: 'done', summary: readSummary(join(runDir, 'summary.json')) };
}

/** @param task the task's number, or Slurm's `%a` for it */
export function logPath(dir: string, task: string): string {
  return join(dir, `task-${task}.log`);
}
