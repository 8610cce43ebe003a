import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runMain } from '../cli/run-main.testing.js';
import { fakeRun } from '../testing/fake-run.js';
import { writeSummary } from './summary.js';
import { watchRun } from './watch.js';
import type { WatchState } from './watch-view.js';
import { watchLines } from './watch-view.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-watch-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;

const row = (step: number) => ({
  ...{ step, epoch: 1, loss: 1 / step, effective_lr: 0.1, train_ms: 600, probe_ms: 300, data_ms: 100 },
  ...(step % 4 === 0 ? { lr_star: 0.25, fit_r2: 1, probe_status: 'ok' } : {}),
});
const evaluation = {
  step: 20,
  epoch: 1,
  split: 'test',
  metric: 'accuracy',
  value: 0.5,
  count: 9,
  eval_ms: 20_000,
};

/** A run with 40 of its 100 steps; `isRunning`: this process has its lock. */
function begun(isRunning: boolean): string {
  const dir = fakeRun(join(root, String(count++)), {
    dataset: { name: 'mnist-digits' },
    train: { epochs: undefined, steps: 100 },
    summary: null,
    metrics: Array.from({ length: 40 }, (_, i) => row(i + 1)),
    evals: [evaluation],
  });
  if (isRunning) writeFileSync(join(dir, '.lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
  return dir;
}

/** Watches a run in which `change` happens after so many writes. */
async function watched(dir: string, isTTY: boolean, writes: number, change: (stop: () => void) => void) {
  const written: string[] = [];
  const controller = new AbortController();
  const write = (text: string) => {
    if (written.push(text) === writes) setTimeout(() => change(() => controller.abort()));
  };
  const stream = { isTTY, columns: 80, write } as unknown as NodeJS.WriteStream;
  const code = await watchRun(dir, { stream, intervalMs: 20, signal: controller.signal });
  return { code, written };
}

describe('watch', () => {
  it('writes a line for what is new, and ends with the run', async () => {
    const dir = begun(true);
    const { code, written } = await watched(dir, false, 1, () => {
      const columns = 22;
      appendFileSync(join(dir, 'metrics.csv'), `41,1,0.02${','.repeat(columns - 3)}\n42,1,0.0`);
      setTimeout(() => {
        rmSync(join(dir, '.lock'));
        writeSummary(join(dir, 'summary.json'), summaryOf('done'));
      }, 60);
    });
    expect(code).toBe(0);
    expect(written).toEqual([
      // 60 steps of 1 s, and 20 s of evaluation in 40 steps
      'step 40/100, loss 0.025, lr 0.1, 1 steps/s, ETA 1:30, probe at step 40: ok, η* 0.25, R² 1, ' +
        'evaluation at step 20: accuracy 0.5\n',
      expect.stringMatching(/^step 41\/100, loss 0\.02, lr NaN, /),
      'stopped as the test wants\n',
    ]);
  });

  it('draws over itself on a terminal', async () => {
    const dir = begun(true);
    const { code, written } = await watched(dir, true, 2, (stop) => stop());
    expect(code).toBe(130);
    expect(written[0]?.startsWith('\u001b[J')).toBe(true);
    expect(written[1]?.startsWith('\u001b[7A\u001b[J')).toBe(true);
    expect(written[0]).toMatch(/step {4}40\/100 {5}█{10}░{14} 40 % {2}epoch 1 {2}ETA 1:30\n/);
    expect(written[0]).toMatch(/loss {4}0\.025 {6}█▄.*▁ {2}0\.025 to 1\n/);
    expect(written[0]).toContain('1 steps/s, probes 30 %, waiting for data 10 %\n');
  });

  it.each([
    ['diverged', 4],
    ['max-steps', 0],
    ['interrupted', 130],
  ] as const)('ends with the exit code of a run that ended: %s', async (status, code) => {
    const dir = begun(false);
    writeSummary(join(dir, 'summary.json'), summaryOf(status));
    expect(await runMain('watch', dir)).toMatchObject({
      exitCode: code,
      stdout: expect.stringMatching(/^step 40\/100, .*\nstopped as the test wants\n$/),
    });
  });

  it('says so where nothing runs', async () => {
    expect(await runMain('watch', begun(false))).toMatchObject({
      exitCode: 130,
      stdout: expect.stringContaining('no process is at this run; go on with --resume\n'),
    });
    expect(await runMain('watch', join(root, 'absent'))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no such directory'),
    });
    expect((await runMain('watch', root, '--interval', '0')).exitCode).toBe(2);
  });

  it('keeps to the width of the terminal, also for a long run and one without rows', () => {
    const state: WatchState = {
      ...{ dir: '/a/very/long/path'.repeat(9), step: 0, losses: [], rates: [], epoch: 0 },
      ...{ totalSteps: undefined, owner: undefined, stepS: undefined, wholeStepS: undefined },
      ...{ probeShare: 0, dataShare: 0, lastProbe: undefined, lastEvaluation: undefined },
    };
    const long = Array.from({ length: 5000 }, (_, i) => (i === 7 ? Number.NaN : Math.sin(i / 500)));
    for (const width of [30, 80, 200]) {
      for (const lines of [
        watchLines(state, width),
        watchLines({ ...state, losses: long, rates: long }, width),
      ]) {
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
        expect(lines.join('')).not.toContain('undefined');
      }
    }
  });
});

function summaryOf(status: 'done' | 'diverged' | 'max-steps' | 'interrupted') {
  return {
    ...{ name: 'fake', status, steps: 41, epochs: 1, final: {}, best: {}, finalLoss: 0.1 },
    ...{ forwardPasses: 41, backwardPasses: 41, optimizer: 'sgd', scheduler: 'gen' },
    time: { trainMs: 1, probeMs: 1, dataMs: 1, evalMs: 1, wallMs: 4 },
    effectiveLr: { first: 1, last: 1, min: 1, max: 1 },
    probes: { total: 0, accepted: 0, byStatus: {} },
    stopReason: 'stopped as the test wants',
  };
}
