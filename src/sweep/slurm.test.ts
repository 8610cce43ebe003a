import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.js';
import type { SweepJob } from '../config/sweep.js';
import { MissingError, UsageError } from '../errors.js';
import { fakeConfig, fakeRun } from '../testing/fake-run.js';
import type { SweepEvent } from './run.js';
import { runSlurmSweep, type SlurmOptions } from './slurm.js';
import { createArray, writeJobId } from './slurm-array.js';
import { runSlurmTask } from './slurm-task.js';

const fakeSlurm = fileURLToPath(new URL('./testdata/fake-slurm.mjs', import.meta.url));
const fakeTask = fileURLToPath(new URL('./testdata/fake-task.mjs', import.meta.url));
const fakeWorker = fileURLToPath(new URL('./testdata/fake-worker.mjs', import.meta.url));
const { PATH } = process.env;
let root: string;

/** Fake commands of Slurm on PATH, with an empty queue. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gen-bench-slurm-'));
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'queue'));
  for (const name of ['sbatch', 'squeue', 'scontrol', 'scancel']) {
    const path = join(root, 'bin', name);
    const line = `exec '${process.execPath}' '${fakeSlurm}' ${name} "$@"`;
    writeFileSync(path, `#!/bin/sh\n${line}\n`);
    chmodSync(path, 0o755);
  }
  process.env.PATH = `${join(root, 'bin')}${delimiter}${PATH}`;
  process.env.FAKE_SLURM = join(root, 'queue');
  process.env.FAKE_SUMMARY = join(fakeRun(join(root, 'model')), 'summary.json');
});

afterEach(() => {
  process.env.PATH = PATH;
  delete process.env.FAKE_SLURM;
  delete process.env.FAKE_SUMMARY;
  rmSync(root, { recursive: true, force: true });
});

const configOf = (name: string) => fakeConfig({ config: { name } }) as unknown as Config;
const job = (name: string): SweepJob => ({ name, dir: name, overrides: [], config: configOf(name) });
const options = (more: Partial<SlurmOptions> = {}): SlurmOptions => ({
  ...{ outDir: join(root, 'out'), jobs: undefined, resume: false, force: false, retries: 1 },
  ...{ compile: true, command: 'test', sbatchArguments: [], pollMs: 20 },
  program: [process.execPath, fakeTask],
  ...more,
});
const kinds = (outcomes: ReadonlyMap<SweepJob, { kind: string }>) =>
  Object.fromEntries([...outcomes].map(([{ dir }, { kind }]) => [dir, kind]));
const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');

describe('runSlurmSweep', () => {
  it('submits one array, waits for it and collects what became of each task', async () => {
    const { outDir } = options();
    fakeRun(join(outDir, 'old'), { config: { name: 'old' } });
    const events: SweepEvent[] = [];
    const jobs = ['a', 'old', 'diverge', 'requeue', 'lost'].map(job);
    const { outcomes, exitCode } = await runSlurmSweep(
      jobs,
      options({ jobs: 2, sbatchArguments: ['--time=10'], onEvent: (event) => events.push(event) }),
    );
    expect(kinds(outcomes)).toEqual({
      ...{ a: 'done', old: 'skipped', diverge: 'diverged', requeue: 'done', lost: 'failed' },
    });
    expect(exitCode).toBe(1);
    expect(outcomes.get(jobs[4] as SweepJob)).toMatchObject({
      message: expect.stringContaining(join(outDir, '.slurm', '1', 'task-3.log')),
    });
    expect(readFileSync(join(outDir, 'requeue', 'restarts'), 'utf8')).toBe('1');
    expect(events.filter(({ kind }) => kind === 'ended')).toHaveLength(5);
    const script = join(outDir, '.slurm', '1', 'array.sh');
    expect(calls()[0]).toBe(`sbatch --parsable --time=10 ${script}`);
    expect(readFileSync(script, 'utf8').split('\n')).toEqual(
      expect.arrayContaining(['#SBATCH --array=0-3%2', '#SBATCH --requeue', '#SBATCH --signal=B:USR1@120']),
    );
  });

  it('cancels the array when interrupted; running tasks stop at a checkpoint', async () => {
    const abort = new AbortController();
    const settings = options({ jobs: 1, signal: abort.signal });
    const sweep = runSlurmSweep([job('wait'), job('a')], settings);
    while (!existsSync(join(settings.outDir, 'wait', 'waiting'))) await delay(5);
    abort.abort('SIGINT');
    const { outcomes, exitCode } = await sweep;
    expect(exitCode).toBe(130);
    expect(kinds(outcomes)).toEqual({ wait: 'interrupted', a: 'interrupted' });
    expect(calls()).toContain('scancel 17');
    expect(readdirSync(join(root, 'queue'))).toEqual([]);
  });

  it('does not submit beside an array of an earlier call, and waits for it with resume', async () => {
    const settings = options();
    const { outDir, resume, force, retries, compile, command } = settings;
    writeJobId(createArray([job('a')], { outDir, resume, force, retries, compile, command }), '16');
    const task = join(root, 'queue', '16_0');
    writeFileSync(task, JSON.stringify({ state: 'RUNNING' }));
    await expect(runSlurmSweep([job('a')], settings)).rejects.toThrow(/job 16 of an earlier call.*--resume/);
    const sweep = runSlurmSweep([job('a')], { ...settings, resume: true });
    await delay(200);
    expect(calls().some((call) => call.startsWith('sbatch'))).toBe(false);
    fakeRun(join(outDir, 'a'), { config: { name: 'a' } });
    rmSync(task);
    expect(kinds((await sweep).outcomes)).toEqual({ a: 'skipped' });
  });

  it('says what sbatch says, and where it is missing', async () => {
    const refused = runSlurmSweep([job('a')], options({ sbatchArguments: ['--partition=none'] }));
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/invalid partition specified: none/);
    process.env.PATH = join(root, 'nowhere');
    await expect(runSlurmSweep([job('a')], options())).rejects.toThrow(MissingError);
  });
});

describe('runSlurmTask', () => {
  const task = (name: string, more: { signal?: AbortSignal; restarts?: number } = {}) => {
    const { outDir, retries, compile, command } = options();
    const dir = createArray([job(name)], { outDir, resume: false, force: true, retries, compile, command });
    const exitCode = runSlurmTask(dir, {
      ...{ jobId: '17', index: 0, restarts: 0, signal: new AbortController().signal },
      workerPath: fakeWorker,
      ...more,
    });
    const outcome = () => JSON.parse(readFileSync(join(dir, 'task-0.json'), 'utf8'));
    const trace = () => JSON.parse(readFileSync(join(outDir, name, 'trace.json'), 'utf8'));
    return { exitCode, outcome, trace, runDir: join(outDir, name) };
  };
  const interrupted = async (reason: string) => {
    const abort = new AbortController();
    const running = task('wait', { signal: abort.signal });
    while (!existsSync(join(running.runDir, 'waiting'))) await delay(5);
    abort.abort(reason);
    expect(await running.exitCode).toBe(130);
    expect(running.outcome()).toEqual({ kind: 'interrupted' });
  };

  it('runs its job and leaves word of it', async () => {
    const { exitCode, outcome, trace } = task('a');
    expect(await exitCode).toBe(0);
    expect(outcome()).toEqual({ kind: 'done' });
    expect(trace().options).toMatchObject({ force: true, resume: false });
  });

  it('goes on from the checkpoint when Slurm starts it again', async () => {
    const { exitCode, trace, runDir } = task('a', { restarts: 1 });
    expect(await exitCode).toBe(0);
    expect(trace().options).toMatchObject({ force: false });
    expect(existsSync(runDir)).toBe(true);
  });

  it('puts itself back into the queue ahead of the time limit', async () => {
    await interrupted('SIGUSR1');
    expect(calls()).toEqual(['scontrol requeue 17_0']);
  });

  it('stays away after any other signal', async () => {
    await interrupted('SIGTERM');
    expect(existsSync(join(root, 'calls'))).toBe(false);
  });
});
