import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeRun } from '../testing/fake-run.js';
import { table5Blocks } from './paper.js';
import { type TableOptions, table } from './table.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-table5-'));
afterAll(() => rmSync(dir, { recursive: true }));

const papers = {
  config: { task: 'detection' },
  model: { name: 'maskrcnn_resnet50_fpn', pretrained: true, trainable_backbone_layers: 3 },
  dataset: { name: 'penn-fudan', min_size: 800, max_size: 1333, size_divisible: 32, limit: null },
  optimizer: { name: 'sgd', lr: 5e-3, momentum: 0.9, weight_decay: 5e-4 },
  train: { epochs: 10, batch_size: 2 },
};
const manual = { name: 'warmup-constant', preset: undefined, phi: undefined };
const final = (first: number) => ({
  box_ap: first,
  box_ap_s: first - 0.2,
  box_ap_m: first - 0.1,
  box_ap_l: first + 0.1,
  mask_ap: first - 0.05,
  mask_ap_s: first - 0.25,
  mask_ap_m: first - 0.15,
  mask_ap_l: first + 0.05,
});

beforeAll(() => {
  for (const seed of [0, 1]) {
    fakeRun(join(dir, `full/gen/seed-${seed}`), {
      ...papers,
      seed,
      summary: { final: final(0.7 + 0.02 * seed) },
    });
  }
  fakeRun(join(dir, 'full/manual'), {
    ...papers,
    scheduler: manual,
    train: { epochs: 2, batch_size: 2 },
    summary: { final: final(0.6) },
  });
  const small = { ...papers, model: { name: 'maskrcnn_small_fpn' }, dataset: { name: 'stamps' } };
  const { box_ap_l: _box, mask_ap_l: _mask, ...withoutLarge } = final(0.311);
  fakeRun(join(dir, 'mini/gen'), { ...small, summary: { final: withoutLarge } });
  fakeRun(join(dir, 'mini/cut'), { ...papers, summary: { final: final(0.512), status: 'max-steps' } });
  fakeRun(join(dir, 'other/digits'), { accuracy: 0.9 });
});

const make = (options: Partial<TableOptions> = {}) =>
  table(5, { results: dir, format: 'md', tier: 'full', ...options }).text;

describe('table 5', () => {
  it('is typed in as printed: sums of means and deviations, added up by hand', () => {
    const sums = table5Blocks.flatMap(({ rows }) =>
      rows.flatMap(({ values }) =>
        [0, 1].map((part) => values.reduce((sum, value) => sum + value[part]!, 0).toFixed(3)),
      ),
    );
    expect(sums).toEqual(['2.694', '0.154', '2.575', '0.134', '2.502', '0.148', '2.394', '0.163']);
  });

  it('shows what was measured, with seeds and deviations', () => {
    const text = make();
    expect(text).toContain(
      '| object detection | GeN-SGD | 0.710 ± 0.014 (2 seeds) | 0.510 ± 0.014 (2 seeds) |',
    );
    expect(text).toContain('| instance segmentation | SGD (manual) | 0.550 (1 seed) <sup>a</sup> |');
    expect(text).toContain('a: epochs 2 (tutorial: 10)');
    for (const foreign of ['0.311', '0.512']) expect(text).not.toContain(foreign);
  });

  it('says of every cell that it was not run, where it was not', () => {
    const text = make({ results: join(dir, 'other') });
    expect(text.match(/not run/g)).toHaveLength(16);
  });

  it("puts the paper's means and deviations beside it", () => {
    const text = make({ against: 'paper' });
    expect(text).toContain(
      '| object detection | GeN-SGD | paper | 0.805 ± 0.038 | 0.452 ± 0.002 | 0.624 ± 0.082 | 0.813 ± 0.032 |',
    );
    const csv = make({ against: 'paper', format: 'csv' });
    expect(csv).toContain('5,full,instance segmentation,SGD (manual),AP_s,paper,0.388,0.029,,,\n');
  });

  it('shows the mini tier by itself, as synthetic, and sizes that no object has', () => {
    const text = make({ tier: 'mini' });
    expect(text).toMatch(
      /object detection: maskrcnn_small_fpn on stamps.*\(synthetic scenes\) \| GeN-SGD \| 0\.311 \(1 seed\) .*\| no objects \|/,
    );
    expect(text).not.toContain('0.710');
  });

  it('writes LaTeX', () => {
    const text = make({ against: 'paper', format: 'latex' });
    expect(text).toContain('AP\\_s');
    expect(text).toContain(' & paper & 0.805 $\\pm$ 0.038 &');
  });
});
