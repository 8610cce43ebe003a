import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeRun } from '../testing/fake-run.js';
import { table7Metrics, table7Rows } from './paper.js';
import { type TableOptions, table } from './table.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-table7-'));
afterAll(() => rmSync(dir, { recursive: true }));

const papers = {
  config: { task: 'recommendation' },
  model: { name: 'bert4rec', width: 256, depth: 2, heads: 4, dropout: 0.1 },
  dataset: {
    ...{ name: 'ml-1m', max_length: 100, mask_prob: 0.15, negatives: 'uniform', num_negatives: 100 },
    limit: null,
  },
  optimizer: { name: 'adam', lr: 1e-3, momentum: undefined },
  train: { epochs: 100, batch_size: 1024 },
};
const constant = { name: 'constant', preset: undefined, phi: undefined };
const final = (first: number) =>
  Object.fromEntries(table7Metrics.map((metric, i) => [metric, first + i / 100]));

beforeAll(() => {
  for (const seed of [0, 1]) {
    fakeRun(join(dir, `full/gen/seed-${seed}`), {
      ...papers,
      seed,
      summary: { final: final(0.4 + 0.01 * seed) },
    });
  }
  fakeRun(join(dir, 'full/constant-128'), {
    ...papers,
    scheduler: constant,
    dataset: { ...papers.dataset, negatives: 'popularity' },
    train: { ...papers.train, batch_size: 128 },
    summary: { final: final(0.3) },
  });
  const small = { ...papers, model: { ...papers.model, width: 64 }, dataset: { name: 'ml-100k' } };
  fakeRun(join(dir, 'mini/gen'), { ...small, summary: { final: final(0.111) } });
  fakeRun(join(dir, 'mini/cut'), { ...papers, summary: { final: final(0.112), status: 'max-steps' } });
  fakeRun(join(dir, 'mini/constant'), { ...small, scheduler: constant, summary: { final: final(0.113) } });
  fakeRun(join(dir, 'other/digits'), { accuracy: 0.9 });
});

const make = (options: Partial<TableOptions> = {}) =>
  table(7, { results: dir, format: 'md', tier: 'full', ...options }).text;

describe('table 7', () => {
  it('is typed in as printed: sums of the rows, added up by hand', () => {
    const sums = table7Rows.map(({ values }) => values.reduce((sum, value) => sum + value, 0).toFixed(3));
    expect(sums).toEqual(['5.060', '4.848', '5.022']);
  });

  it('shows what was measured, with seeds and deviations, and what was not run', () => {
    const text = make();
    expect(text).toMatch(/\| batch 1024 \| GeN-Adam \| 0\.405 ± 0\.007 \(2 seeds\) \| 0\.415/);
    expect(text).toContain('| batch 1024 | Adam (constant) | not run |');
    expect(text).toContain('| batch 128 | Adam (constant) | 0.300 (1 seed) <sup>a</sup> |');
    expect(text).toContain('a: other candidates by popularity (codebase: uniform)');
    for (const foreign of ['0.111', '0.112', '0.113']) expect(text).not.toContain(foreign);
  });

  it('puts the paper beside it', () => {
    const text = make({ against: 'paper' });
    expect(text).toContain(
      '| batch 1024 | GeN-Adam | paper | 0.405 | 0.720 | 0.821 | 0.900 | 0.405 | 0.575 | 0.607 | 0.627 |',
    );
    const csv = make({ against: 'paper', format: 'csv' });
    expect(csv).toContain('table,tier,setting,method,metric,source,value,std,seeds,diverged,deviations\n');
    expect(csv).toContain('7,full,batch 128,Adam (constant),ndcg@20,paper,0.622,,,,\n');
  });

  it('shows the mini tier by itself', () => {
    const text = make({ tier: 'mini' });
    expect(text).toMatch(/\| bert4rec on ml-100k.*, batch 1024 \| GeN-Adam \| 0\.111 \(1 seed\)/);
    expect(text).toMatch(/\| bert4rec on ml-100k.*, batch 1024 \| Adam \(constant\) \| 0\.113 \(1 seed\)/);
    expect(text).toContain('0.112');
    expect(text).not.toContain('0.405');
  });

  it('writes LaTeX', () => {
    expect(make({ format: 'latex' })).toContain('batch 1024 & GeN-Adam & 0.405 $\\pm$ 0.007 (2 seeds)');
  });
});
