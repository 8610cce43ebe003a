import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../config/load.js';
import { DivergedError, InterruptedError, MissingError, UsageError } from '../errors.js';
import { writeTinyCifar } from '../testing/tiny-cifar.js';
import { METRICS_COLUMNS } from './columns.js';
import { readMetrics } from './csv-read.js';
import { type ExperimentOptions, runExperiment } from './experiment.js';
import type { RunSummary } from './summary.js';

let root = '';

let whole: RunSummary;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gen-bench-run-'));
  writeTinyCifar(join(root, 'data'), 8);
  whole = await runExperiment(parseConfig(synthetic), options('whole'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const synthetic = `
name: beale
task: synthetic
model: { name: beale, start: [-2.0, -1.5] }
optimizer: { name: adam, lr: 0.05 }
scheduler: { name: gen, preset: paper, phi: 2 }
train: { steps: 30, seed: 0 }
checkpoint: { every: 5 }
`;

const images = `
name: tiny
task: classification
model: { name: resnet8 }
dataset: { name: cifar10 }
optimizer: { name: sgd, lr: 0.02, momentum: 0.9 }
scheduler: { name: gen, phi: 2 }
train: { epochs: 3, batch_size: 8, micro_batch_size: 4, seed: 3 }
eval: { every: epoch }
checkpoint: { every: 2 }
`;

function options(name: string, more: Partial<ExperimentOptions> = {}): ExperimentOptions {
  return {
    outDir: join(root, name),
    resume: false,
    force: false,
    compile: true,
    verbose: false,
    command: 'test',
    dataDir: join(root, 'data'),
    ...more,
  };
}

/** Everything of metrics.csv but times and memory, as text. */
function rows(name: string): string[] {
  const table = readMetrics(join(root, name, 'metrics.csv'));
  const columns = table.columns.filter((column) => !/_ms$|peak_tensor_bytes/.test(column));
  const values = columns.map((column) => table.strings(column));
  return Array.from({ length: table.length }, (_, i) => values.map((column) => column[i]).join());
}

function evalRows(name: string): string[] {
  const table = readMetrics(join(root, name, 'eval.csv'));
  return table
    .strings('step')
    .map((step, i) => `${step} ${table.strings('metric')[i]} ${table.strings('value')[i]}`);
}

describe('a run', () => {
  test('writes its directory', () => {
    expect(readdirSync(join(root, 'whole')).sort()).toEqual([
      'checkpoint',
      'config.yaml',
      'eval.csv',
      'metrics.csv',
      'provenance.json',
      'summary.json',
    ]);
    const table = readMetrics(join(root, 'whole', 'metrics.csv'));
    expect(table.columns).toEqual([...METRICS_COLUMNS, 'x1', 'x2']);
    expect(table.length).toBe(30);
    expect(table.numbers('x1')[0]).toBe(-2);
    expect(table.numbers('x2')[0]).toBe(-1.5);
    expect(table.numbers('loss')[0]).toBe(171.703125); // Beale's function at the start
    expect(table.strings('probe_status').slice(0, 4)).toEqual(['', 'ok', '', 'ok']);
    expect(whole).toMatchObject({
      status: 'done',
      steps: 30,
      forwardPasses: 30 + 2 * 15,
      backwardPasses: 30,
    });
    const provenance = JSON.parse(readFileSync(join(root, 'whole', 'provenance.json'), 'utf8'));
    expect(provenance).toMatchObject({
      precision: 'float64',
      device: 'cpu',
      compiled: true,
      command: 'test',
    });
  });

  test('gives the same numbers compiled and eagerly', async () => {
    await runExperiment(parseConfig(synthetic), options('eager', { compile: false }));
    const compiled = readMetrics(join(root, 'whole', 'metrics.csv')).numbers('loss');
    const eager = readMetrics(join(root, 'eager', 'metrics.csv')).numbers('loss');
    compiled.forEach((loss, i) => {
      expect(Math.abs(loss - eager[i]!)).toBeLessThan(1e-9 * loss);
    });
  });

  test('its config.yaml runs again to the same rows', async () => {
    const text = readFileSync(join(root, 'whole', 'config.yaml'), 'utf8');
    await runExperiment(parseConfig(text), options('again'));
    expect(rows('again')).toEqual(rows('whole'));
  });
});

describe('an interrupted run', () => {
  test.each([
    ['synthetic', synthetic, 13],
    ['images', images, 7],
    ['prodigy', images.replace('{ name: gen, phi: 2 }', '{ name: prodigy }'), 7],
    ['adamw', images.replace('{ name: sgd, lr: 0.02, momentum: 0.9 }', '{ name: adamw, lr: 0.001 }'), 6],
  ])('of %s ends like an unbroken one', async (name, text, stop) => {
    const config = parseConfig(text);
    await runExperiment(config, options(`${name}-unbroken`));
    // Stopped after `stop` steps; the last checkpoint is there. Then rows behind it, as a kill would leave them.
    await runExperiment(config, options(`${name}-broken`, { maxSteps: stop }));
    const path = join(root, `${name}-broken`, 'metrics.csv');
    writeFileSync(path, `${readFileSync(path, 'utf8')}${stop + 1},1,0.5,0.1\n9`);
    const summary = await runExperiment(config, options(`${name}-broken`, { resume: true }));
    expect(summary.status).toBe('done');
    expect(rows(`${name}-broken`)).toEqual(rows(`${name}-unbroken`));
    expect(evalRows(`${name}-broken`)).toEqual(evalRows(`${name}-unbroken`));
  });

  test('stops with a checkpoint when aborted', async () => {
    const abort = new AbortController();
    abort.abort();
    const run = runExperiment(parseConfig(synthetic), options('aborted', { signal: abort.signal }));
    await expect(run).rejects.toThrow(InterruptedError);
    expect(existsSync(join(root, 'aborted', 'checkpoint', 'latest.safetensors'))).toBe(true);
    expect(rows('aborted')).toHaveLength(1);
    await runExperiment(parseConfig(synthetic), options('aborted', { resume: true }));
    expect(rows('aborted')).toEqual(rows('whole'));
  });
});

test('probes touch neither statistics nor any random stream', async () => {
  // Every probe is rejected, so the learning rate stays: all else must be as without probes.
  const probing = parseConfig(images, 'config', ['scheduler.phi=1', 'scheduler.min_z=1e9']);
  await runExperiment(probing, options('probing'));
  await runExperiment(parseConfig(images, 'config', ['scheduler.name=constant']), options('plain'));
  const loss = (name: string) => readMetrics(join(root, name, 'metrics.csv')).strings('loss');
  expect(loss('probing')).toEqual(loss('plain'));
  expect(evalRows('probing')).toEqual(evalRows('plain'));
});

describe('a run refuses', () => {
  test('a directory that holds one, unless told', async () => {
    const config = parseConfig(synthetic);
    await expect(runExperiment(config, options('whole'))).rejects.toThrow(/--resume.*--force/s);
    const summary = await runExperiment(config, options('whole', { force: true }));
    expect(summary.steps).toBe(30);
  });

  test('to resume with another config', async () => {
    const other = parseConfig(synthetic, 'config', ['optimizer.lr=0.01']);
    await expect(runExperiment(other, options('whole', { resume: true }))).rejects.toThrow(UsageError);
  });

  test('a directory in use', async () => {
    writeFileSync(join(root, 'whole', '.lock'), '1');
    await expect(runExperiment(parseConfig(synthetic), options('whole', { force: true }))).rejects.toThrow(
      /process 1/,
    );
    rmSync(join(root, 'whole', '.lock'));
  });

  test('absent data, saying where it should be', async () => {
    // No download: the proxy leads nowhere.
    const environment = { HTTPS_PROXY: 'http://127.0.0.1:1', GEN_BENCH_CACHE: join(root, 'cache') };
    Object.assign(process.env, environment);
    const run = runExperiment(parseConfig(images), options('absent', { dataDir: join(root, 'nowhere') }));
    await expect(run).rejects.toThrow(MissingError);
    for (const name of Object.keys(environment)) delete process.env[name];
  });
});

test('a diverging run keeps its rows and says so', async () => {
  const config = parseConfig(synthetic, 'config', [
    'optimizer.name=sgd',
    'optimizer.lr=10',
    'scheduler.name=constant',
  ]);
  await expect(runExperiment(config, options('diverged'))).rejects.toThrow(DivergedError);
  expect(rows('diverged').length).toBeGreaterThan(0);
  const summary = JSON.parse(readFileSync(join(root, 'diverged', 'summary.json'), 'utf8'));
  expect(summary.status).toBe('diverged');
});
