import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingError, UsageError } from '../errors.js';
import { fakeRun } from '../testing/fake-run.js';
import { figure } from './figure.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-figure-'));
afterAll(() => rmSync(dir, { recursive: true }));
const constant = { name: 'constant', preset: undefined, phi: undefined };

const rows = (steps: number, loss: (step: number) => number) =>
  Array.from({ length: steps }, (_, i) => ({
    ...{ step: i + 1, epoch: 1, loss: loss(i + 1), effective_lr: 0.1 / (i + 1) },
  }));
const evals = (steps: readonly number[]) =>
  steps.map((step) => ({
    step,
    epoch: 1,
    split: 'test',
    metric: 'accuracy',
    value: 0.9,
    count: 10,
    eval_ms: 1,
  }));

beforeAll(() => {
  const decay = (step: number) => 2 * 0.97 ** step;
  for (const seed of [0, 1]) {
    fakeRun(join(dir, `sweep/gen/seed-${seed}`), {
      seed,
      metrics: rows(120, decay),
      evals: evals([40, 80, 120]),
    });
  }
  fakeRun(join(dir, 'sweep/constant/seed-0'), {
    scheduler: constant,
    metrics: rows(20, (step) => 1.9 ** step),
    summary: { status: 'diverged', steps: 20 },
  });
  fakeRun(join(dir, 'once/gen'), { metrics: rows(30, decay), evals: evals([30]) });
  const detection = { config: { task: 'detection' }, model: { name: 'maskrcnn_small_fpn' } };
  fakeRun(join(dir, 'detection/gen'), {
    ...detection,
    dataset: { name: 'stamps' },
    metrics: rows(60, decay),
    summary: { final: { box_ap: 0.2 } },
  });
  fakeRun(join(dir, 'detection/other'), { metrics: rows(60, decay) });
  const synthetic = { config: { task: 'synthetic', dataset: undefined }, model: { name: 'beale' } };
  const path = rows(100, decay).map((row) => ({ ...row, x1: -2 + row.step / 20, x2: -1.5 + row.step / 50 }));
  fakeRun(join(dir, 'beale/gen'), { ...synthetic, metrics: path, summary: { final: { loss: 1 } } });
  for (const lr of [0.1, 0.2]) {
    fakeRun(join(dir, `beale/sgd-${lr}`), {
      ...synthetic,
      optimizer: { lr },
      scheduler: constant,
      metrics: path,
      summary: { final: { loss: lr } },
    });
  }
});

function draw(number: number, results: string): { svg: string; texts: string[] } {
  const out = join(dir, 'figure.svg');
  figure(String(number), { results: [join(dir, results)], out });
  const svg = readFileSync(out, 'utf8');
  const { document } = parseHTML(svg);
  return { svg, texts: [...document.querySelectorAll('text')].map((element) => element.textContent ?? '') };
}

describe('figure 1', () => {
  it('is a standalone SVG with legend, panels, dark mode and caption', () => {
    const { svg, texts } = draw(1, 'sweep');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+" viewBox=/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(texts).toEqual(
      expect.arrayContaining([
        ...['resnet8 on digits', 'base optimizer SGD · seeds 0, 1', 'GeN', 'constant'],
        ...['Training loss (log scale)', 'Effective learning rate (log scale)', 'Test accuracy (%)'],
        ...['Not in the means: SGD (constant) seed 0 diverged (thin line, ×).'],
      ]),
    );
    expect(texts.join(' ')).toContain('the loss smoothed by a centred mean over 5 steps');
  });

  it('has no curve of a single evaluation', () => {
    expect(draw(1, 'once').texts.filter((text) => text.startsWith('Test accuracy'))).toEqual([]);
  });

  it('becomes a PNG of twice the size', () => {
    const out = join(dir, 'figure.png');
    figure('1', { results: [join(dir, 'once')], out });
    const png = readFileSync(out);
    const svg = draw(1, 'once').svg;
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(2 * Number(/width="(\d+)"/.exec(svg)?.[1]));
  });
});

describe('figure 7', () => {
  it('shows each method at its best learning rate', () => {
    const { svg, texts } = draw(7, 'beale');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(texts).toEqual(
      expect.arrayContaining(['Beale function', 'GeN-SGD', 'SGD', 'Path of the first 60 iterations']),
    );
    expect(texts.join(' ')).toMatch(/GeN-SGD 0\.1, SGD 0\.1\./);
  });
});

describe('figure 10', () => {
  it('shows loss and learning rate of detection runs alone', () => {
    const { svg, texts } = draw(10, 'detection');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(texts).toEqual(
      expect.arrayContaining([
        'maskrcnn_small_fpn on stamps',
        'Training loss',
        'Effective learning rate (log scale)',
      ]),
    );
    expect(texts).not.toContain('resnet8 on digits');
    expect(() => draw(10, 'once')).toThrow('no runs of the task detection');
  });
});

describe('figure', () => {
  it('says what it cannot do', () => {
    const results = [join(dir, 'sweep')];
    expect(() => figure('2', { results, out: 'x.svg' })).toThrow('figure 2: expected 1, 6, 7');
    expect(() => figure('1', { results, out: join(dir, 'x.pdf') })).toThrow(UsageError);
    expect(() => figure('6', { results, out: join(dir, 'x.svg') })).toThrow(MissingError);
  });
});
