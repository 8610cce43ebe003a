/** The tasks of the paper's appendix, from config to directory. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../config/load.js';
import { writeTinyCifar } from '../testing/tiny-cifar.js';
import { readMetrics } from './csv-read.js';
import { type ExperimentOptions, runExperiment } from './experiment.js';

let root = '';

beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  root = mkdtempSync(join(tmpdir(), 'gen-bench-appendix-'));
  writeTinyCifar(join(root, 'data'), 4);
  mkdirSync(join(root, 'data/ml-100k'));
  const ratings = Array.from({ length: 16 }, (_, user) =>
    Array.from({ length: 8 + (user % 5) }, (_, i) => [user + 1, 1 + ((3 * user + 2 * i) % 24), 5, 100 + i]),
  ).flat();
  writeFileSync(join(root, 'data/ml-100k/u.data'), ratings.map((row) => `${row.join('\t')}\n`).join(''));
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

const recommendation = `
name: tiny-recommender
task: recommendation
model: { name: bert4rec, width: 8, depth: 1, heads: 2 }
dataset: { name: ml-100k, max_length: 6, num_negatives: 10 }
optimizer: { name: adam, lr: 0.01 }
scheduler: { name: gen, phi: 2, points: [-2, -1, 0, 1, 2] }
train: { epochs: 3, batch_size: 8, micro_batch_size: 4, seed: 1 }
checkpoint: { every: 2 }
`;

const gan = `
name: tiny-gan
task: gan
model: { name: dcgan, latent: 4, width: 4 }
dataset: { name: cifar10, image_size: 16 }
optimizer: { name: adam, lr: 2.0e-4, betas: [0.5, 0.999] }
scheduler: { name: gen, phi: 2 }
train: { epochs: 2, batch_size: 8, micro_batch_size: 4, seed: 1 }
eval: { every: end }
checkpoint: { every: 1 }
`;

const options = (name: string, more: Partial<ExperimentOptions> = {}): ExperimentOptions => ({
  ...{ outDir: join(root, name), resume: false, force: false, compile: true, verbose: false },
  ...{ command: 'test', dataDir: join(root, 'data'), ...more },
});

/** Everything of a file but times and memory, as text. */
function rows(name: string, file: string): string[] {
  const table = readMetrics(join(root, name, file));
  const columns = table.columns.filter((column) => !/_ms$|peak_tensor_bytes/.test(column));
  const values = columns.map((column) => table.strings(column));
  return Array.from({ length: table.length }, (_, i) => values.map((column) => column[i]).join());
}

describe.each([
  ['recommendation', recommendation, ['recall@1', 'recall@20', 'ndcg@10', 'loss']],
  ['gan', gan, ['d_real', 'd_fake', 'loss']],
])('%s', (name, text, metrics) => {
  const config = parseConfig(text);

  test('an interrupted run ends like an unbroken one', async () => {
    const summary = await runExperiment(config, options(name));
    expect(Object.keys(summary.final)).toEqual(expect.arrayContaining(metrics));
    for (const value of Object.values(summary.final)) expect(value).toBeGreaterThanOrEqual(0);
    await runExperiment(config, options(`${name}-broken`, { maxSteps: 3 }));
    await runExperiment(config, options(`${name}-broken`, { resume: true }));
    for (const file of ['metrics.csv', 'eval.csv'])
      expect(rows(`${name}-broken`, file)).toEqual(rows(name, file));
  });

  test('is the same eagerly', async () => {
    await runExperiment(config, options(`${name}-eager`, { compile: false }));
    const losses = (run: string) => readMetrics(join(root, run, 'metrics.csv')).numbers('loss');
    const eager = losses(`${name}-eager`);
    losses(name).forEach((loss, i) => {
      expect(Math.abs(loss - eager[i]!)).toBeLessThan(1e-3 * loss);
    });
  });
});

test('a gan leaves grids of images, and the columns of both networks', () => {
  expect(readdirSync(join(root, 'gan/samples'))).toEqual(['real.png', 'step-000004.png']);
  const table = readMetrics(join(root, 'gan/metrics.csv'));
  expect(table.columns.slice(-9)).toEqual([
    ...['d_real', 'd_fake', 'd_fake_after', 'generator_loss', 'generator_lr', 'generator_grad_norm'],
    ...['generator_gg', 'generator_ghg', 'generator_lr_star'],
  ]);
  expect(table.strings('generator_gg').map((value) => value !== '')).toEqual([false, true, false, true]);
});
