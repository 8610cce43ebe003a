import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseConfig } from '../config/load.js';
import { bf16Obstacle } from '../engine/bf16.js';
import { tf } from '../engine/tf.js';
import { writeTinyCifar } from '../testing/tiny-cifar.js';
import { readMetrics } from './csv-read.js';
import { runExperiment } from './experiment.js';

// A process computes in bf16 or not at all: hence a file of its own.

const root = mkdtempSync(join(tmpdir(), 'gen-bench-bf16-'));
afterAll(() => rmSync(root, { recursive: true }));

test('precision bf16 trains a network, GeN included, and says so', async () => {
  writeTinyCifar(join(root, 'data'), 8);
  const config = parseConfig(`
name: tiny
task: classification
model: { name: resnet8 }
dataset: { name: cifar10 }
optimizer: { name: sgd, lr: 0.02, momentum: 0.9 }
scheduler: { name: gen, phi: 2 }
train: { epochs: 8, batch_size: 8, seed: 3, precision: bf16 }
eval: { every: end }
checkpoint: { every: 40 }
`);
  const outDir = join(root, 'run');
  const summary = await runExperiment(config, {
    ...{ outDir, resume: false, force: false, compile: true, verbose: false, command: 'test' },
    dataDir: join(root, 'data'),
  });
  expect(summary.status).toBe('done');
  expect(summary.probes.accepted).toBeGreaterThan(summary.probes.total / 2);
  const losses = [...readMetrics(join(outDir, 'metrics.csv')).numbers('loss')];
  const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(mean(losses.slice(-5))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));
  expect(readFileSync(join(outDir, 'provenance.json'), 'utf8')).toContain('precision bf16');
});

test('products have the eight bits of bfloat16, where the processor can', () => {
  const size = 256;
  const values = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i * 0.7) + 1.5);
  const a = tf.tensor2d(values, [size, size]);
  const product = a.matMul(a).dataSync();
  let worst = 0;
  for (let i = 0; i < size; i++) {
    let exact = 0;
    for (let k = 0; k < size; k++) exact += values[i * size + k]! * values[k * size]!;
    worst = Math.max(worst, Math.abs(product[i * size]! / exact - 1));
  }
  a.dispose();
  expect(worst).toBeLessThan(2 ** -8);
  const rounds = bf16Obstacle(false) === undefined;
  expect(worst > 1e-5).toBe(rounds);
});
