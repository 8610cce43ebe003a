import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingError } from '../errors.js';
import { fakeRun } from '../testing/fake-run.js';
import { aggregate } from './aggregate.js';
import { type Comparison, compare } from './compare.js';
import { findRuns } from './runs.js';
import { parseTarget } from './target.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-compare-'));
const sweep = join(dir, 'sweep');
afterAll(() => rmSync(dir, { recursive: true }));

beforeAll(() => {
  const prodigy = { name: 'prodigy', preset: undefined, phi: undefined };
  const paper = { preset: 'paper' };
  fakeRun(join(sweep, 'prodigy/seed-0'), { scheduler: prodigy, seed: 0, accuracy: 0.952 });
  fakeRun(join(sweep, 'prodigy/seed-1'), { scheduler: prodigy, seed: 1, accuracy: 0.948 });
  fakeRun(join(sweep, 'gen/seed-0'), { seed: 0, accuracy: 0.961 });
  fakeRun(join(sweep, 'gen/seed-1'), { seed: 1, accuracy: 0.963, summary: { finalLoss: 0.35 } });
  fakeRun(join(sweep, 'paper/seed-0'), { scheduler: paper, seed: 0, accuracy: 0.5 });
  fakeRun(join(sweep, 'paper/seed-1'), {
    scheduler: paper,
    seed: 1,
    summary: { status: 'diverged', stopReason: 'loss is NaN at step 17', final: { accuracy: 0.1 } },
  });
  const constant = { name: 'constant', preset: undefined, phi: undefined };
  fakeRun(join(sweep, 'constant-a/seed-0'), { scheduler: constant, seed: 0, accuracy: 0.9 });
  fakeRun(join(sweep, 'constant-b/seed-0'), {
    scheduler: constant,
    optimizer: { lr: 0.01 },
    seed: 0,
    summary: null,
  });
});

const json = (path = sweep): Comparison[] => JSON.parse(compare([path], { format: 'json' }));

describe('compare', () => {
  it('groups by everything but the seed, GeN first, and tells equal labels apart', () => {
    const [comparison, ...others] = json();
    expect(others).toEqual([]);
    expect(comparison?.title).toBe('resnet8 on digits');
    expect(comparison?.rows.map((row) => row.label)).toEqual([
      'GeN',
      'GeN (paper)',
      'constant, lr=0.1',
      'constant, lr=0.01',
      'Prodigy',
    ]);
  });

  it('gives mean, sample deviation, paired difference and cost', () => {
    const rows = json()[0]?.rows ?? [];
    const [gen, , , , prodigy] = rows;
    expect(gen?.metrics.accuracy?.mean).toBeCloseTo(0.962, 12);
    expect(gen?.metrics.accuracy?.std).toBeCloseTo(0.002 / Math.SQRT2, 12);
    expect(gen?.metrics.accuracy?.isBest).toBe(true);
    expect(gen?.metrics.accuracy?.difference).toBeUndefined();
    expect(gen?.trainLoss?.mean).toBeCloseTo(0.3, 12);
    expect(gen?.forwardPasses?.mean).toBe(150);
    expect(gen?.timeS?.mean).toBe(12); // 10 + 1.5 + 0.5, evaluation left out
    expect(gen?.wallS?.mean).toBe(15);
    expect(prodigy?.metrics.accuracy?.isBest).toBe(false);
    // differences −0.009 and −0.015: t(0.975, 1) · 0.003·√2 / √2
    expect(prodigy?.metrics.accuracy?.difference?.mean).toBeCloseTo(-0.012, 12);
    expect(prodigy?.metrics.accuracy?.difference?.halfWidth).toBeCloseTo(12.7062047 * 0.003, 8);
  });

  it('keeps diverged, unfinished and missing runs out of the means and names them', () => {
    const [comparison] = json();
    const rows = comparison?.rows ?? [];
    expect(rows[1]?.metrics.accuracy).toMatchObject({ mean: 0.5, n: 1 });
    expect(rows[1]?.divergedSeeds).toEqual([1]);
    expect(rows[3]?.metrics.accuracy).toBeUndefined();
    expect(rows[3]?.unfinishedSeeds).toEqual([0]);
    expect(rows[2]?.missingSeeds).toEqual([1]);
    const notes = comparison?.notes.join('\n');
    expect(notes).toContain('GeN-SGD (paper), seed 1: diverged: loss is NaN at step 17; not in the means');
    expect(notes).toContain('SGD (constant), lr=0.01, seed 0: unfinished; not in the means');
    expect(notes).toContain('SGD (constant), lr=0.1: no run with seed 1');
  });

  it('writes the same numbers as Markdown, terminal table and CSV', () => {
    const md = compare([sweep], { format: 'md' });
    expect(md).toContain('| GeN | **96.20 ± 0.14** | – | – | 0.300 ± 0.071 | 150 | 120 | 12.0 | 15.0 | 2 |');
    expect(md).toContain('| Prodigy | 95.00 ± 0.28 | −1.20 [−5.01, +2.61] | 0–2 |');
    expect(md).toContain('| GeN (paper) | 50.00 | −46.10 | 0–1 | 0.250 | 150 | 120 | 12.0 | 15.0 | 1 of 2 |');
    expect(md).toContain('| constant, lr=0.01 | not finished | – | – | – | – | – | – | – | 0 of 2 |');
    const terminal = compare([sweep], { format: 'terminal', width: 200 });
    expect(terminal).toMatch(/GeN +96\.20 ± 0\.14 \* +– +– +0\.300 ± 0\.071 +150 +120/);
    expect(terminal).toContain('! GeN-SGD (paper), seed 1: diverged');
    const [head, gen] = compare([sweep], { format: 'csv' }).split('\n');
    expect(head).toMatch(
      /^setting,method,optimizer,scheduler,seeds,diverged,unfinished,missing,accuracy_mean,/,
    );
    expect(gen).toMatch(/^resnet8 on digits,GeN,SGD,gen,2,0,0,0,0\.962,0\.00141/);
  });

  it('leaves out columns that a narrow terminal has no room for, and says which', () => {
    const width = 98;
    const text = compare([sweep], { format: 'terminal', width });
    expect(text).toContain('left out for want of width: won–lost, wall s, bwd (--format md has all)');
    const lines = text.split('\n').slice(0, 8);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(compare([sweep], { format: 'terminal', width: 200 })).not.toContain('left out');
  });

  it('gives the cost to reach a target, over the seeds that did', () => {
    const reaching = join(dir, 'reaching');
    const metrics = [1, 2, 3, 4].map((step) => ({
      ...{ step, epoch: 1, loss: 1, forward_passes: 4, backward_passes: 1 },
      ...{ train_ms: 1000, probe_ms: 500, data_ms: 0 },
    }));
    const evals = (values: readonly number[]) =>
      values.map((value, i) => ({
        ...{
          step: 2 * (i + 1),
          epoch: 1,
          split: 'test',
          metric: 'accuracy',
          value,
          count: 10,
          eval_ms: 9000,
        },
      }));
    const constant = { name: 'constant', preset: undefined, phi: undefined };
    fakeRun(join(reaching, 'gen-0'), { seed: 0, metrics, evals: evals([0.9, 0.8]) });
    fakeRun(join(reaching, 'gen-1'), { seed: 1, metrics, evals: evals([0.7, 0.95]) });
    fakeRun(join(reaching, 'constant-0'), {
      seed: 0,
      scheduler: constant,
      metrics,
      evals: evals([0.5, 0.9]),
    });
    fakeRun(join(reaching, 'constant-1'), {
      seed: 1,
      scheduler: constant,
      metrics,
      evals: evals([0.5, 0.6]),
    });
    const targets = ['accuracy=0.9', 'loss=0.01'].map(parseTarget);
    const rows =
      (JSON.parse(compare([reaching], { format: 'json', targets })) as Comparison[])[0]?.rows ?? [];
    expect(rows[0]?.targets[0]).toMatchObject({
      ...{ reachedSeeds: [0, 1], steps: { mean: 3 }, forwardPasses: { mean: 12 }, timeS: { mean: 4.5 } },
    });
    expect(rows[1]?.targets[0]).toMatchObject({ reachedSeeds: [0], backwardPasses: { mean: 4 } });
    const md = compare([reaching], { format: 'md', targets });
    expect(md).toContain('| to accuracy ≥ 90 %: fwd | bwd | s | to loss ≤ 0.01: fwd |');
    expect(md).toContain('| 16 (1 of 2) | 4 | 6.0 | never | – | – |');
    expect(compare([reaching], { format: 'csv', targets })).toContain('forward_passes_to_accuracy_0.9');
  });

  it.each(['accuracy', 'accuracy=', 'accuracy=x', 'a=1=2'])('refuses the target %s', (text) => {
    expect(() => parseTarget(text)).toThrow('expected <metric>=<number>');
  });

  it('knows no target but a metric', () => {
    expect(() => parseTarget('acuracy=1')).toThrow(/did you mean «accuracy»/);
  });

  it('never mixes settings: other data, length or a run cut short is a table of its own', () => {
    const other = join(dir, 'other');
    fakeRun(join(other, 'a'), {});
    fakeRun(join(other, 'b'), { train: { epochs: 9 } });
    fakeRun(join(other, 'c'), { summary: { status: 'max-steps', steps: 3 } });
    fakeRun(join(other, 'd'), { dataset: { name: 'cifar10' } });
    expect(json(other).map(({ title }) => title)).toEqual([
      'resnet8 on digits, epochs=3',
      'resnet8 on digits, epochs=3, max-steps=3',
      'resnet8 on digits, epochs=9',
      'resnet8 on cifar10',
    ]);
  });

  it('keeps a diverged run with the cut ones it was compared with', () => {
    const cut = join(dir, 'cut');
    const constant = { name: 'constant', preset: undefined, phi: undefined };
    fakeRun(join(cut, 'a'), { summary: { status: 'max-steps', steps: 3 } });
    fakeRun(join(cut, 'b'), { scheduler: constant, summary: { status: 'diverged', steps: 2 } });
    expect(json(cut).map(({ title, rows }) => [title, rows.length])).toEqual([['resnet8 on digits', 2]]);
  });

  it('counts a repeated run once and says so', () => {
    const twice = join(dir, 'twice');
    fakeRun(join(twice, 'a'), { accuracy: 0.9 });
    fakeRun(join(twice, 'b'), { accuracy: 0.1, config: { name: 'again', eval: { every: 'end' } } });
    const [setting] = aggregate(findRuns([twice, join(twice, 'a')]));
    expect(setting?.methods[0]?.completed.length).toBe(1);
    expect(setting?.methods[0]?.leftOut[0]?.reason).toContain('another run of the same config and seed');
  });

  it('pairs a method with the GeN over its own base optimizer', () => {
    const two = join(dir, 'two');
    const cosine = { name: 'cosine', preset: undefined, phi: undefined };
    fakeRun(join(two, 'gs'), { accuracy: 0.9 });
    fakeRun(join(two, 'ga'), { accuracy: 0.7, optimizer: { name: 'adamw' } });
    fakeRun(join(two, 'ca'), { accuracy: 0.8, optimizer: { name: 'adamw' }, scheduler: cosine });
    const row = json(two)[0]?.rows.find(({ scheduler }) => scheduler === 'cosine');
    expect(row?.metrics.accuracy?.difference?.mean).toBeCloseTo(0.1, 12);
  });

  it('says what is wrong with a path', () => {
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    expect(() => compare([empty], { format: 'md' })).toThrow(MissingError);
    expect(() => compare([join(dir, 'absent')], { format: 'md' })).toThrow('no such directory');
    const broken = join(dir, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'config.yaml'), 'name: 3');
    writeFileSync(join(broken, 'metrics.csv'), '');
    expect(() => compare([broken], { format: 'md' })).toThrow(/config\.yaml: not the config of a run/);
  });
});
