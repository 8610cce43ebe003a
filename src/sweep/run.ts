import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SweepJob } from '../config/sweep.js';
import { recordedThreads } from '../run/recorded-threads.js';
import { type RunSummary, readSummary } from '../run/summary.js';
import { finishedSummary } from './finished.js';
import type { JobReply } from './messages.js';
import { WorkerProcess } from './worker-process.js';

export type JobOutcome =
  | { readonly kind: 'done'; readonly summary: RunSummary }
  /** Was finished before the sweep began. */
  | { readonly kind: 'skipped'; readonly summary: RunSummary }
  | { readonly kind: 'diverged'; readonly message: string }
  /** Stopped after a checkpoint, or never begun, because the sweep was interrupted. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly exitCode: number; readonly message: string };

export type SweepEvent =
  | { readonly kind: 'started'; readonly job: SweepJob }
  | { readonly kind: 'ended'; readonly job: SweepJob; readonly outcome: JobOutcome };

export interface SweepOptions {
  /** The sweep's directory; each run's is below it. */
  readonly outDir: string;
  /** Number of worker processes, which share the machine's cores evenly. */
  readonly jobs: number;
  /** Goes on with runs that were begun; without it they fail, as `gen-bench run` does. */
  readonly resume: boolean;
  /** Starts every run again, finished ones included. */
  readonly force: boolean;
  /** How often a job is tried again whose worker process died (killed, out of memory); it goes on from its checkpoint. */
  readonly retries: number;
  readonly maxSteps?: number;
  readonly dataDir?: string;
  readonly compile: boolean;
  /** The command line, for provenance.json. */
  readonly command: string;
  /** Aborting it lets every running job write a checkpoint and stop. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: SweepEvent) => void;
  /** The worker's entry, for tests. */
  readonly workerPath?: string;
}

export interface SweepResult {
  /** 0: all done; 130: interrupted; 4: some diverged, nothing else; else the gravest failure's (1, 3, 2). */
  readonly exitCode: number;
  readonly outcomes: ReadonlyMap<SweepJob, JobOutcome>;
}

/** A worker of a sweep that was killed still writes a checkpoint; the sweep that goes on waits for it. */
const LOCK_WAIT_MS = 60_000;

const defaultWorkerPath = fileURLToPath(new URL('./worker.js', import.meta.url));

const DIVERGED = 4;
const INTERRUPTED = 130;
/** Failures from the gravest: a defect, then what is missing, then wrong use. */
const gravity = [1, 3, 2];

/** Why a run stopped, from its summary: the error's message says the same at length, with advice for a single run. */
function stopReason(runDir: string): string | undefined {
  const path = join(runDir, 'summary.json');
  return existsSync(path) ? readSummary(path).stopReason : undefined;
}

function outcomeOf(reply: JobReply, runDir: string): JobOutcome {
  if (reply.kind === 'failed') {
    if (reply.exitCode === DIVERGED)
      return { kind: 'diverged', message: stopReason(runDir) ?? reply.message };
    if (reply.exitCode === INTERRUPTED) return { kind: 'interrupted' };
    return reply;
  }
  const { summary } = reply;
  if (summary.status === 'diverged') return { kind: 'diverged', message: summary.stopReason };
  return summary.status === 'interrupted' ? { kind: 'interrupted' } : { kind: 'done', summary };
}

/** The exit code of a sweep. */
export function exitCodeOf(outcomes: readonly JobOutcome[]): number {
  const is = (kind: JobOutcome['kind']) => outcomes.some((outcome) => outcome.kind === kind);
  if (is('interrupted')) return INTERRUPTED;
  const codes = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.exitCode] : []));
  const worst = gravity.find((code) => codes.includes(code)) ?? codes[0];
  if (worst !== undefined) return worst;
  const diverged =
    is('diverged') ||
    outcomes.some((outcome) => outcome.kind === 'skipped' && outcome.summary.status === 'diverged');
  return diverged ? DIVERGED : 0;
}

/**
 * Runs the jobs of a sweep on this machine, each in a worker process that takes one job after the other. A failure,
 * or a crash of a worker, costs the job it happened in; the others go on. Runs that are finished with the same
 * resolved config are not run again.
 */
export async function runSweep(jobs: readonly SweepJob[], options: SweepOptions): Promise<SweepResult> {
  const { outDir, resume, force, maxSteps, dataDir, compile, command, signal } = options;
  const outcomes = new Map<SweepJob, JobOutcome>();
  const end = (job: SweepJob, outcome: JobOutcome) => {
    outcomes.set(job, outcome);
    options.onEvent?.({ kind: 'ended', job, outcome });
  };

  const pending: SweepJob[] = [];
  for (const job of jobs) {
    const summary = force ? undefined : finishedSummary(join(outDir, job.dir), job.config, maxSteps);
    if (summary) end(job, { kind: 'skipped', summary });
    else pending.push(job);
  }

  // of all jobs, not of those that are left: a sweep that goes on is to round as one that was not interrupted
  const workerCount = Math.min(Math.max(1, options.jobs), jobs.length);
  const share = Math.max(1, Math.floor(availableParallelism() / workerCount));
  const start = (threads: string) =>
    new WorkerProcess(options.workerPath ?? defaultWorkerPath, {
      ...process.env,
      GEN_BENCH_THREADS: threads,
    });

  async function work(): Promise<void> {
    let worker: WorkerProcess | undefined;
    let workerThreads: string | undefined;
    const interrupt = () => worker?.interrupt();
    signal?.addEventListener('abort', interrupt);
    for (let job = pending.shift(); job; job = pending.shift()) {
      if (signal?.aborted) {
        end(job, { kind: 'interrupted' });
        continue;
      }
      options.onEvent?.({ kind: 'started', job });
      const runDir = join(outDir, job.dir);
      const begun = resume ? recordedThreads(runDir) : undefined;
      const threads = process.env.GEN_BENCH_THREADS ?? String(begun ?? share);
      if (threads !== workerThreads) {
        await worker?.close();
        worker = undefined;
        workerThreads = threads;
      }
      let reply: JobReply | undefined;
      for (let attempt = 0; attempt <= options.retries && !signal?.aborted; attempt++) {
        if (!worker?.alive) worker = start(threads);
        const again = attempt > 0;
        reply = await worker.run({
          config: job.config,
          options: {
            ...{ outDir: runDir, maxSteps, dataDir, compile, command, verbose: false },
            lockWaitMs: LOCK_WAIT_MS,
            force: force && !again,
            resume: again || (resume && existsSync(runDir)), // nothing to resume where nothing was begun
          },
        });
        // what the run itself says (wrong config, no data, divergence) would be the same again
        if (worker.alive) break;
      }
      end(job, reply ? outcomeOf(reply, runDir) : { kind: 'interrupted' });
    }
    signal?.removeEventListener('abort', interrupt);
    await worker?.close();
  }

  await Promise.all(Array.from({ length: workerCount }, work));
  return { exitCode: exitCodeOf([...outcomes.values()]), outcomes };
}
