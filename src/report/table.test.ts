import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { fakeRun } from '../testing/fake-run.js';
import { table2Datasets, table2Models } from './paper.js';
import { type TableOptions, table } from './table.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-table-'));
afterAll(() => rmSync(dir, { recursive: true }));

const full = {
  model: { name: 'resnet50', pretrained: true },
  dataset: { name: 'cifar10', image_size: 224, limit: null },
  optimizer: { lr: 0.1, momentum: 0.9, weight_decay: 5e-4 },
  train: { epochs: 5, batch_size: 500 },
};
const constant = { name: 'constant', preset: undefined, phi: undefined };

beforeAll(() => {
  fakeRun(join(dir, 'full/gen/seed-0'), { ...full, seed: 0, accuracy: 0.966 });
  fakeRun(join(dir, 'full/gen/seed-1'), { ...full, seed: 1, accuracy: 0.968 });
  fakeRun(join(dir, 'full/paper/seed-0'), { ...full, scheduler: { preset: 'paper' }, accuracy: 0.94 });
  fakeRun(join(dir, 'full/constant/seed-0'), {
    ...full,
    scheduler: constant,
    train: { ...full.train, seed: 0, epochs: 2 },
    accuracy: 0.93,
  });
  fakeRun(join(dir, 'full/linear/seed-0'), {
    ...full,
    scheduler: { ...constant, name: 'linear' },
    summary: { status: 'diverged' },
  });
  // nothing of these may appear among the paper's numbers
  fakeRun(join(dir, 'x/limit'), { ...full, dataset: { ...full.dataset, limit: 200 }, accuracy: 0.111 });
  fakeRun(join(dir, 'x/scratch'), {
    ...full,
    model: { name: 'resnet50', pretrained: false },
    accuracy: 0.112,
  });
  fakeRun(join(dir, 'x/small'), { ...full, dataset: { name: 'cifar10', image_size: 32 }, accuracy: 0.113 });
  fakeRun(join(dir, 'x/cut'), { ...full, accuracy: 0.114, summary: { status: 'max-steps', steps: 3 } });
  fakeRun(join(dir, 'mini/ablations/gen/seed-0'), { scheduler: { phi: 2 }, accuracy: 0.555 });
  fakeRun(join(dir, 'mini/gen/seed-0'), { accuracy: 0.963 });
  fakeRun(join(dir, 'mini/constant/seed-0'), { scheduler: constant, accuracy: 0.876 });
});

const make = (options: Partial<TableOptions> = {}) =>
  table(2, { results: dir, format: 'md', tier: 'full', ...options }).text;

describe('the paper', () => {
  it('has two models, six methods and seven data sets, and sums as printed', () => {
    expect(table2Datasets.length).toBe(7);
    expect(table2Models.map(({ rows }) => rows.map(({ accuracy }) => accuracy.length))).toEqual([
      Array(6).fill(7),
      Array(6).fill(7),
    ]);
    // sums of the printed columns, added up independently of paper.ts
    const sums = table2Datasets.map((_, column) =>
      table2Models
        .flatMap(({ rows }) => rows.map(({ accuracy }) => accuracy[column] ?? 0))
        .reduce((sum, value) => sum + value, 0)
        .toFixed(2),
    );
    expect(sums).toEqual(['1164.24', '1037.89', '1009.23', '1171.90', '1156.19', '653.22', '605.43']);
  });
});

describe('table 2', () => {
  it('shows what was measured with its seeds and deviations, and what was not run', () => {
    const text = make();
    expect(text).toContain(
      '| ResNet50 | GeN-SGD | 96.70 ± 0.14 (2 seeds) <sup>a</sup> | not run | not run | not run | not run | not run | not run |',
    );
    expect(text).toContain('| ResNet50 | SGD (constant) | 93.00 (1 seed) <sup>b</sup> | not run |');
    expect(text).toContain('| ResNet50 | SGD (linear) | diverged | not run |');
    expect(text).toContain('| ViT-base | Prodigy | not run |');
    expect(text).toContain('a: GeN preset authors (the paper prints Algorithm 1: preset paper)');
    expect(text).toContain('b: epochs 2 (paper: 5)');
  });

  it('adds methods the paper does not have below its own', () => {
    expect(make()).toMatch(
      /D-Adapt SGD \|.*\n\| ResNet50 \| GeN-SGD \(paper\) \| 94\.00 \(1 seed\) \| not run/,
    );
  });

  it('never shows a run of the mini tier among them', () => {
    for (const text of [make(), make({ against: 'paper' }), make({ format: 'csv' })]) {
      for (const foreign of ['11.1', '11.2', '11.3', '11.4', '96.30', '87.6'])
        expect(text).not.toContain(foreign);
    }
  });

  it('puts the paper beside it, each row saying which it is', () => {
    const text = make({ against: 'paper' });
    expect(text).toContain('| ResNet50 | GeN-SGD | here | 96.70 ± 0.14 (2 seeds)');
    expect(text).toContain(
      '| ResNet50 | GeN-SGD | paper | 96.76 | 84.77 | 82.43 | 97.96 | 97.02 | 54.24 | 44.57 |',
    );
    const csv = make({ against: 'paper', format: 'csv' });
    expect(csv).toContain('2,full,ResNet50,GeN-SGD,CIFAR10,paper,96.76,,,,\n');
    expect(csv).toMatch(
      /2,full,ResNet50,GeN-SGD,CIFAR10,measured,96\.[67]\d*,0\.141\d+,2,0,GeN preset authors/,
    );
    expect(csv).toContain('2,full,ViT-base,Prodigy,SVHN,not run,,,,,\n');
  });

  it('shows the mini tier by model and data set, without the paper', () => {
    const text = make({ tier: 'mini' });
    expect(text).not.toContain('55.5'); // of ablations
    expect(make({ tier: 'mini', results: join(dir, 'mini', 'ablations') })).toContain('55.5');
    expect(text).toContain('not comparable with the numbers of the paper');
    expect(text).toMatch(/\| resnet8 \| GeN-SGD \|.* 96\.30 \(1 seed\)/);
    expect(text).toMatch(/\| resnet8 \| SGD \(constant\) \|.* 87\.60 \(1 seed\)/);
    expect(text).toMatch(/\| resnet50, .*max-steps=3 \| GeN-SGD \| 11\.40 \(1 seed\)/);
    expect(text).not.toContain('96.70');
    expect(() => make({ tier: 'mini', against: 'paper' })).toThrow(UsageError);
  });

  it('writes LaTeX with escapes', () => {
    const text = make({ format: 'latex' });
    expect(text).toContain('test accuracy (\\%)');
    expect(text).toContain('ResNet50 & GeN-SGD & 96.70 $\\pm$ 0.14 (2 seeds)\\textsuperscript{a} & not run');
    expect(text).toContain('\\begin{tabular}{llrrrrrrr}');
  });

  it('is all «not run» without results, and refuses other numbers', () => {
    expect(make({ results: join(dir, 'absent') })).toContain('No run of this table was found');
    expect(() => table(9, { results: dir, format: 'md', tier: 'full' })).toThrow(
      'table 9: expected 2, 3, 4, 5, 7',
    );
  });
});
