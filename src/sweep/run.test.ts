import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.js';
import type { SweepJob } from '../config/sweep.js';
import { fakeConfig, fakeRun } from '../testing/fake-run.js';
import { runSweep, type SweepEvent, type SweepOptions } from './run.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-sweep-'));
afterAll(() => rmSync(root, { recursive: true }));
const workerPath = fileURLToPath(new URL('./testdata/fake-worker.mjs', import.meta.url));
let count = 0;

const configOf = (name: string, seed = 0) => fakeConfig({ seed, config: { name } }) as unknown as Config;
const job = (name: string, dir = name): SweepJob => ({ name, dir, overrides: [], config: configOf(name) });
const options = (more: Partial<SweepOptions> = {}): SweepOptions => ({
  outDir: join(root, String(count++)),
  ...{ jobs: 1, resume: false, force: false, retries: 0, compile: true, command: 'test', workerPath },
  ...more,
});
const trace = (outDir: string, dir: string) =>
  JSON.parse(readFileSync(join(outDir, dir, 'trace.json'), 'utf8'));
const kinds = (outcomes: ReadonlyMap<SweepJob, { kind: string }>) =>
  Object.fromEntries([...outcomes].map(([{ dir }, outcome]) => [dir, outcome.kind]));

describe('runSweep', () => {
  it('runs all jobs in one worker and gives it all cores', async () => {
    const settings = options();
    const events: SweepEvent[] = [];
    const result = await runSweep([job('a'), job('b')], {
      ...settings,
      onEvent: (event) => events.push(event),
    });
    expect(result.exitCode).toBe(0);
    expect(events.map((event) => `${event.kind} ${event.job.name}`)).toEqual([
      'started a',
      'ended a',
      'started b',
      'ended b',
    ]);
    const [a, b] = [trace(settings.outDir, 'a'), trace(settings.outDir, 'b')];
    expect(a.pid).toBe(b.pid);
    expect(a.threads).toBe(String(availableParallelism()));
    expect(a.options).toMatchObject({ outDir: join(settings.outDir, 'a'), resume: false, verbose: false });
    const outcome = [...result.outcomes.values()][0];
    expect(outcome?.kind === 'done' && outcome.summary.final.accuracy).toBeNaN(); // not JSON's null
  });

  it('runs several at once on a share of the cores', async () => {
    const settings = options({ jobs: 2 });
    await runSweep([job('a'), job('b'), job('c')], settings);
    const pids = new Set(['a', 'b', 'c'].map((dir) => trace(settings.outDir, dir).pid));
    expect(pids.size).toBe(2);
    expect(Number(trace(settings.outDir, 'a').threads)).toBe(
      Math.max(1, Math.floor(availableParallelism() / 2)),
    );
  });

  it('keeps the threads of an uninterrupted sweep, however few jobs are left', async () => {
    const settings = options({ jobs: 2, resume: true });
    const done = { ...job('done'), config: configOf('done') };
    fakeRun(join(settings.outDir, 'done'), { config: { name: 'done' } });
    const result = await runSweep([done, job('a')], settings);
    expect(kinds(result.outcomes)).toEqual({ done: 'skipped', a: 'done' });
    expect(trace(settings.outDir, 'a').threads).toBe(
      String(Math.max(1, Math.floor(availableParallelism() / 2))),
    );
  });

  it('goes on with a run on the threads that it was begun with', async () => {
    const settings = options({ resume: true });
    for (const [dir, threads] of [
      ['one', 1],
      ['too-many', 100_000],
    ] as const) {
      mkdirSync(join(settings.outDir, dir), { recursive: true });
      writeFileSync(join(settings.outDir, dir, 'provenance.json'), JSON.stringify({ threads }));
    }
    await runSweep([job('new'), job('one'), job('too-many')], settings);
    const all = String(availableParallelism());
    expect(['new', 'one', 'too-many'].map((dir) => trace(settings.outDir, dir).threads)).toEqual([
      all,
      '1',
      all,
    ]);
  });

  it('goes on after a crash in a new worker, and says how the old one ended', async () => {
    const settings = options();
    const result = await runSweep([job('a'), job('crash'), job('killed'), job('b')], settings);
    expect(kinds(result.outcomes)).toEqual({ a: 'done', crash: 'failed', killed: 'failed', b: 'done' });
    expect(result.exitCode).toBe(1);
    const [, crash, killed] = [...result.outcomes.values()];
    expect(crash).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/exit code 7.*\nout of luck/),
    });
    expect(killed).toMatchObject({ message: expect.stringContaining('signal SIGKILL (killed from outside') });
    expect(trace(settings.outDir, 'a').pid).not.toBe(trace(settings.outDir, 'b').pid);
  });

  it('tries again where the process died, from the checkpoint, and nowhere else', async () => {
    const settings = options({ retries: 2, force: true });
    const jobs = [job('crash-once'), job('killed'), job('diverge'), job('missing')];
    const result = await runSweep(jobs, settings);
    expect(kinds(result.outcomes)).toEqual({
      ...{ 'crash-once': 'done', killed: 'failed', diverge: 'diverged', missing: 'failed' },
    });
    expect(trace(settings.outDir, 'crash-once')).toMatchObject({
      attempts: 2,
      options: { resume: true, force: false },
    });
    expect(trace(settings.outDir, 'killed').attempts).toBe(3);
    expect(trace(settings.outDir, 'diverge').attempts).toBe(1);
    expect(trace(settings.outDir, 'missing').attempts).toBe(1);
  });

  it.each([
    [['a', 'diverge'], 4],
    [['diverge', 'usage', 'a'], 2],
    [['usage', 'missing'], 3],
    [['missing', 'crash', 'usage'], 1],
  ])('ends %j with exit code %i', async (names, exitCode) => {
    const result = await runSweep(
      names.map((name) => job(name)),
      options(),
    );
    expect(result.exitCode).toBe(exitCode);
  });

  it('skips what is finished with the same config, whatever the order of its keys', async () => {
    const settings = options();
    fakeRun(join(settings.outDir, 'same'), { config: { name: 'same' } });
    fakeRun(join(settings.outDir, 'other'), { config: { name: 'other' }, seed: 5 });
    fakeRun(join(settings.outDir, 'half'), { config: { name: 'half' }, summary: { status: 'interrupted' } });
    fakeRun(join(settings.outDir, 'nan'), { config: { name: 'nan' }, summary: { status: 'diverged' } });
    const reordered = Object.fromEntries(Object.entries(configOf('same')).reverse()) as unknown as Config;
    const jobs = [{ ...job('same'), config: reordered }, job('other'), job('half'), job('nan'), job('new')];
    const result = await runSweep(jobs, { ...settings, resume: true });
    expect(kinds(result.outcomes)).toEqual({
      ...{ same: 'skipped', nan: 'skipped', other: 'done', half: 'done', new: 'done' },
    });
    expect(result.exitCode).toBe(4); // the skipped run had diverged
    expect(trace(settings.outDir, 'half').options.resume).toBe(true);
    expect(trace(settings.outDir, 'new').options.resume).toBe(false);
    const forced = await runSweep(jobs.slice(0, 1), { ...settings, force: true });
    expect(kinds(forced.outcomes)).toEqual({ same: 'done' });
  });

  it('lets running jobs stop at a checkpoint and begins no other when interrupted', async () => {
    const abort = new AbortController();
    const settings = options({ signal: abort.signal });
    const sweep = runSweep([job('wait'), job('a')], settings);
    while (!existsSync(join(settings.outDir, 'wait', 'waiting'))) await delay(5);
    abort.abort();
    const result = await sweep;
    expect(result.exitCode).toBe(130);
    expect(kinds(result.outcomes)).toEqual({ wait: 'interrupted', a: 'interrupted' });
    expect(existsSync(join(settings.outDir, 'a'))).toBe(false);
  });
});
