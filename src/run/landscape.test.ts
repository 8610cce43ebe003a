import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../config/load.js';
import { writeTinyCifar } from '../testing/tiny-cifar.js';
import { LANDSCAPE_COLUMNS } from './columns.js';
import { readMetrics } from './csv-read.js';
import { runExperiment } from './experiment.js';

let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'gen-bench-landscape-'));
  writeTinyCifar(join(root, 'data'), 8);
});
afterAll(() => rmSync(root, { recursive: true }));

const beale = (scheduler: string, logging = '') => `
name: beale
task: synthetic
model: { name: beale, start: [-2.0, -1.5] }
optimizer: { name: adam, lr: 0.05 }
scheduler: ${scheduler}
train: { steps: 12, seed: 0 }
checkpoint: { every: 5 }
${logging}`;

const images = (logging = '') => `
name: tiny
task: classification
model: { name: resnet8 }
dataset: { name: cifar10 }
optimizer: { name: sgd, lr: 0.02, momentum: 0.9 }
scheduler: { name: gen, phi: 2 }
train: { epochs: 2, batch_size: 8, micro_batch_size: 4, seed: 3 }
${logging}`;

const asked = (steps: string, more = '') => `logging: { landscape: { steps: ${steps}${more} } }`;

async function train(
  name: string,
  config: string,
  more: { maxSteps?: number; resume?: boolean } = {},
): Promise<void> {
  await runExperiment(parseConfig(config), {
    outDir: join(root, name),
    ...{ resume: false, force: false, compile: true, verbose: false, command: 'test', ...more },
    dataDir: join(root, 'data'),
  });
}

/** Everything but times and memory, as text. */
function rows(name: string, file = 'metrics.csv'): string[] {
  const table = readMetrics(join(root, name, file));
  const columns = table.columns.filter((column) => !/_ms$|peak_tensor_bytes/.test(column));
  const values = columns.map((column) => table.strings(column));
  return Array.from({ length: table.length }, (_, i) => values.map((column) => column[i]).join());
}

const bealeValue = (x: number, y: number) =>
  (1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2;

test.each(['{ name: gen, preset: paper, phi: 2 }', '{ name: cosine }'])(
  'is the function along the update, with the parabola through its middle: %s',
  async (scheduler) => {
    const name = `beale-${scheduler.length}`;
    await train(name, beale(scheduler, asked('[3, 4]', ', points: [-3, -0.5]')));
    const metrics = readMetrics(join(root, name, 'metrics.csv'));
    const [x1, x2, rate] = ['x1', 'x2', 'effective_lr'].map((column) => metrics.numbers(column));
    const table = readMetrics(join(root, name, 'landscape.csv'));
    expect(table.columns).toEqual([...LANDSCAPE_COLUMNS]);
    const [step, point, xi, loss, parabola] = LANDSCAPE_COLUMNS.map((column) => table.numbers(column));
    expect([...step!]).toEqual([3, 3, 3, 3, 3, 4, 4, 4, 4, 4]);
    expect([...point!.slice(0, 5)]).toEqual([-3, -1, -0.5, 0, 1]);
    step!.forEach((at, i) => {
      const along = (x: Float64Array) => x[at - 1]! + -point![i]! * (x[at]! - x[at - 1]!);
      expect(loss![i]).toBeCloseTo(bealeValue(along(x1!), along(x2!)), 9);
      expect(xi![i]).toBeCloseTo(-point![i]! * rate![at - 1]!, 12);
      if (Number.isInteger(point![i]) && Math.abs(point![i]!) <= 1)
        expect(parabola![i]).toBeCloseTo(loss![i]!, 9);
      else expect(Math.abs(parabola![i]! - loss![i]!)).toBeGreaterThan(1e-9);
    });
  },
);

test('leaves every row of the run as it is, GeN probes and BatchNorm included', async () => {
  await train('plain', images());
  await train('looked-at', images(asked('[1, 2, 5]')));
  expect(rows('looked-at')).toEqual(rows('plain'));
  expect(rows('looked-at', 'eval.csv')).toEqual(rows('plain', 'eval.csv'));
  expect(rows('looked-at', 'landscape.csv')).toHaveLength(3 * 13);
});

test('the batch of the gradient gives the loss of metrics.csv at the point 0', async () => {
  await train('same', images(asked('[1]', ', batch: same')));
  const table = readMetrics(join(root, 'same', 'landscape.csv'));
  const zero = [...table.numbers('point')].indexOf(0);
  const [first] = readMetrics(join(root, 'same', 'metrics.csv')).numbers('loss');
  expect(table.numbers('loss')[zero]).toBeCloseTo(first!, 5);
  expect(table.numbers('examples')[zero]).toBe(8);
});

test('a resumed run has the same rows', async () => {
  const config = beale('{ name: gen, phi: 2 }', asked('[4, 6, 9]'));
  await train('whole', config);
  await train('parts', config, { maxSteps: 7 });
  await train('parts', config, { resume: true });
  expect(rows('parts', 'landscape.csv')).toEqual(rows('whole', 'landscape.csv'));
});

test('is refused where two networks move at once', () => {
  const config = `
name: gan
task: gan
model: { name: dcgan }
dataset: { name: mnist-digits, image_size: 32 }
optimizer: { name: adam, lr: 2.0e-4 }
scheduler: { name: constant }
train: { epochs: 1, batch_size: 8 }
`;
  expect(() => parseConfig(`${config}${asked('[1]')}`)).toThrow(/no one line/);
  expect(parseConfig(config).logging).not.toHaveProperty('landscape');
});
