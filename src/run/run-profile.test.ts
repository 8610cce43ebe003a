import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../config/load.js';
import type { Profile } from '../engine/profile.js';
import { chromeTrace } from './chrome-trace.js';
import { readMetrics } from './csv-read.js';
import { runExperiment } from './experiment.js';
import { profileText } from './profile-text.js';

const op = (name: string, part: string, startUs: number, durationUs: number, inGraph = true) => ({
  ...{ name, part, startUs, durationUs, inGraph },
});

/** A step of 10 ms: a graph of 8 ms with two ops at once, an update of 1 ms, a copy. */
const step: Profile = {
  whole: { name: 'step 4', startUs: 1000, durationUs: 10_000 },
  parts: [
    { name: 'training step', startUs: 1000, durationUs: 8000 },
    { name: 'optimizer update', startUs: 9000, durationUs: 1000 },
  ],
  graphs: [{ name: 'training step', startUs: 1100, durationUs: 7800 }],
  ops: [
    op('Conv2D', 'training step', 1200, 6000),
    op('Conv2D', 'training step', 1300, 3000),
    op('MatMul', 'training step', 4300, 1000),
    op('ResourceApplyAdam', 'optimizer update', 9100, 800, false),
    op('host → TensorFlow', 'between', 10_100, 500, false),
  ],
};

const words = (text: string) => text.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));

test('the tables have counts, times and shares of a step', () => {
  expect(words(profileText([step, step], 'step', 9.5))).toEqual([
    '10.00 ms a step while traced; untraced, the 2 after, 9.50 ms',
    '',
    'all ops',
    'op count ms share',
    'Conv2D 2 9.00 79.6 %',
    'MatMul 1 1.00 8.8 %',
    'ResourceApplyAdam (no graph) 1 0.80 7.1 %',
    'host → TensorFlow (no graph) 1 0.50 4.4 %',
    '',
    'training step, 1 a step: 8.00 ms (80.0 %); ops together 10.00 ms',
    'op count ms share',
    'Conv2D 2 9.00 90.0 %',
    'MatMul 1 1.00 10.0 %',
    '',
    'optimizer update, 1 a step: 1.00 ms (10.0 %); ops together 0.80 ms',
    'op count ms share',
    'ResourceApplyAdam (no graph) 1 0.80 100.0 %',
    '',
    'outside of these: 1.00 ms (10.0 %); ops together 0.50 ms',
    'op count ms share',
    'host → TensorFlow (no graph) 1 0.50 100.0 %',
    '',
    '',
  ]);
});

test('the trace has a row for JavaScript and one for each op at once', () => {
  const { traceEvents } = chromeTrace([step]) as {
    traceEvents: { ph: string; name: string; tid: number; ts: number; dur: number }[];
  };
  const slices = traceEvents.filter(({ ph }) => ph === 'X').map(({ name, tid, ts }) => [tid, ts, name]);
  expect(slices.sort(([a], [b]) => Number(a) - Number(b))).toEqual([
    [0, 1000, 'step 4'],
    [0, 1000, 'training step'],
    [0, 9000, 'optimizer update'],
    [0, 1100, 'graph: training step'],
    [0, 9100, 'ResourceApplyAdam'],
    [0, 10_100, 'host → TensorFlow'],
    [1, 1200, 'Conv2D'],
    [2, 1300, 'Conv2D'],
    [2, 4300, 'MatMul'],
  ]);
});

describe('a profiled run', () => {
  const config = parseConfig(`
name: digits
task: classification
model: { name: resnet8 }
dataset: { name: mnist-digits, limit: 96 }
optimizer: { name: adamw, lr: 0.01 }
scheduler: { name: gen, phi: 2 }
train: { steps: 12, batch_size: 8, seed: 0 }
eval: { every: end }
`);
  const root = mkdtempSync(join(tmpdir(), 'gen-bench-profile-'));
  const texts: string[] = [];
  const run = (name: string, profile?: (text: string) => void) =>
    runExperiment(config, {
      ...{ outDir: join(root, name), resume: false, force: false, compile: true, verbose: false },
      ...(profile && { profile }),
      command: 'test',
    });
  const losses = (name: string) => readMetrics(join(root, name, 'metrics.csv')).strings('loss');

  beforeAll(async () => {
    await run('plain');
    await run('profiled', (text) => texts.push(text));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test('takes the steps of one without', () => {
    expect(losses('profiled')).toHaveLength(12);
    expect(losses('profiled')).toEqual(losses('plain'));
  });

  test('shows steps with a probe among them, and evaluation', () => {
    expect(texts.map((text) => text.split(':')[0])).toEqual(['step 7 to 9', 'evaluation, batch 4 to 6']);
    const [steps, batches] = texts.map(words) as [string[], string[]];
    expect(steps[0]).toMatch(/^step 7 to 9: .* a step while traced; untraced, the 3 after, /);
    for (const line of [
      /^training step, 1 a step: /,
      /^probe, 0.33 a step: /, // one probe of three points, in one graph
      /^optimizer update, 1 a step: /,
      /^\w*Conv2D \d+ \d+\.\d\d \d+\.\d %$/,
      /^GenBenchAdam.* \(no graph\) /,
    ]) {
      expect(steps).toContainEqual(expect.stringMatching(line));
    }
    expect(batches).toContainEqual(expect.stringMatching(/^evaluation, 1 a batch: /));
  });

  test('writes a trace with both', () => {
    const text = readFileSync(join(root, 'profiled/profile.json'), 'utf8');
    const { traceEvents } = JSON.parse(text) as { traceEvents: { name: string; dur?: number }[] };
    const names = traceEvents.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['step 7', 'step 9', 'evaluation, batch 4', 'graph: probe']),
    );
    expect(traceEvents.every(({ dur = 0 }) => dur >= 0)).toBe(true);
  });
});
