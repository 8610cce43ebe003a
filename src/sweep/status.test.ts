import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMain } from '../cli/run-main.testing.js';
import type { SweepJob } from '../config/sweep.js';
import { fakeRun } from '../testing/fake-run.js';
import { writeJobList } from './job-list.js';
import { sweepStatus } from './status.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-status-'));
const sweep = join(root, 'sweep');
afterAll(() => rmSync(root, { recursive: true }));

const rows = Array.from({ length: 40 }, (_, i) => ({
  ...{ step: i + 1, epoch: 1, loss: 1, train_ms: 1500, probe_ms: 400, data_ms: 100 },
}));
// the digits of fakeConfig are no data set of ours: the length must be in the config
const train = { epochs: undefined, steps: 100 };
const dataset = { name: 'mnist-digits' };

beforeAll(() => {
  fakeRun(join(sweep, 'gen/seed-0'), {});
  fakeRun(join(sweep, 'gen/seed-1'), { dataset, train, summary: null, metrics: rows });
  fakeRun(join(sweep, 'hot/seed-0'), {
    summary: { status: 'diverged', steps: 3, stopReason: 'the loss is NaN at step 3' },
  });
  fakeRun(join(sweep, 'cosine/seed-0'), {
    dataset,
    train,
    summary: { status: 'interrupted' },
    metrics: rows,
  });
  writeFileSync(
    join(sweep, 'gen/seed-1/.lock'),
    JSON.stringify({ pid: process.pid, host: hostname(), token: 'x' }),
  );
  const longAgo = new Date(Date.now() - 20 * 60_000);
  utimesSync(join(sweep, 'gen/seed-1/metrics.csv'), longAgo, longAgo);
  mkdirSync(join(sweep, 'cosine/seed-0/checkpoint'));
  writeFileSync(join(sweep, 'cosine/seed-0/checkpoint/latest.safetensors'), '');
  const job = (dir: string) => ({ dir }) as SweepJob;
  writeJobList(sweep, ['gen/seed-0', 'gen/seed-1', 'hot/seed-0', 'cosine/seed-0', 'cosine/seed-1'].map(job));
});

describe('status', () => {
  it('tells the state of every run, those to come included, in the order of the sweep', async () => {
    const { stdout, exitCode } = await runMain('status', sweep, '--format', 'md');
    expect(exitCode).toBe(0);
    expect(
      stdout
        .replaceAll(`${sweep}/`, '')
        .replace(/\d+ s \|/g, 'n s |')
        .split('\n'),
    ).toEqual([
      '| run | state | step | last row | note |',
      '| :-- | :-- | --: | --: | :-- |',
      '| gen/seed-0 | finished | 120 | – | accuracy 90.0 % |',
      `| gen/seed-1 | running | 40/100 | 20:00 | process ${process.pid}, ETA 2:00, silent for long |`,
      '| hot/seed-0 | diverged | 3 | – | the loss is NaN at step 3 |',
      '| cosine/seed-0 | interrupted | 40/100 | n s | goes on from its checkpoint with --resume |',
      '| cosine/seed-1 | not started | – | – |  |',
      '',
      '1 finished, 1 running, 1 diverged, 1 interrupted, 1 not started; ETA 4:15',
      '',
    ]);
  });

  it('gives numbers as JSON and CSV', async () => {
    const json = JSON.parse((await runMain('status', sweep, '--format', 'json')).stdout) as {
      counts: Record<string, number>;
      eta_s: number;
      runs: Record<string, unknown>[];
    };
    // 60 steps of 2 s run, 60 more are left of another, and one like the finished one (15 s) is to come
    expect(json.eta_s).toBeCloseTo(120 + 120 + 15);
    expect(json.counts).toEqual({ finished: 1, running: 1, diverged: 1, interrupted: 1, 'not started': 1 });
    expect(json.runs[1]).toMatchObject({
      ...{ state: 'running', step: 40, total_steps: 100, step_s: 2, eta_s: 120, pid: process.pid },
    });
    const csv = (await runMain('status', sweep, '--format', 'csv')).stdout.split('\n');
    expect(csv[0]).toMatch(
      /^run,state,step,total_steps,last_row_age_s,step_s,eta_s,pid,host,has_checkpoint,note$/,
    );
    expect(csv).toHaveLength(7);
  });

  it('takes runs without a sweep, and stops at --max-steps', () => {
    const dir = fakeRun(join(root, 'lone'), { dataset, train, summary: null, metrics: rows });
    writeFileSync(
      join(dir, 'provenance.json'),
      JSON.stringify({ command: 'gen-bench run x --max-steps 50' }),
    );
    expect(sweepStatus([dir])).toMatchObject({
      runs: [{ state: 'interrupted', step: 40, totalSteps: 50, hasCheckpoint: false }],
      etaS: undefined,
    });
  });

  it.each([
    ['absent', /no such directory/],
    ['empty', /no runs; make some/],
  ])('ends with 3 where there is nothing: %s', async (name, message) => {
    mkdirSync(join(root, 'empty'), { recursive: true });
    const { exitCode, stderr } = await runMain('status', join(root, name));
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(message);
  });
});
