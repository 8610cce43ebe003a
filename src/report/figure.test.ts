import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('figures of one hyperparameter', () => {
  const evaluated = (steps: number) => evals([steps / 2, steps]);
  const ablation = (name: string, more: Parameters<typeof fakeRun>[1], steps = 60) =>
    fakeRun(join(dir, name), {
      metrics: rows(steps, (step) => 2 / step),
      evals: evaluated(steps),
      summary: { steps, epochs: 3 },
      ...more,
    });

  beforeAll(() => {
    for (const seed of [0, 1]) {
      ablation(`ablation/phi-8/seed-${seed}`, { seed, scheduler: { phi: 8 } });
      ablation(`ablation/phi-16/seed-${seed}`, { seed, scheduler: { phi: 16 } });
      ablation(`ablation/base/seed-${seed}`, { seed });
    }
    ablation('ablation/constant', { scheduler: constant });
    ablation('ablation/b-400', { train: { batch_size: 400 } }, 30);
    ablation('ablation/lr-auto', { scheduler: { lr0: 'auto' } });
    ablation('ablation/lr-1', { scheduler: { lr0: 1 } });
    ablation('ablation/resnet20', { model: { name: 'resnet20' } });
  });

  it.each([
    [3, 'the batch size', ['B = 200', 'B = 400'], 'epoch'],
    [4, 'the model', ['resnet8', 'resnet20'], 'training step'],
    [5, 'the lazy interval Φ', ['Φ = 4', 'Φ = 8', 'Φ = 16'], 'training step'],
    [14, 'the first learning rate η₀', ['η₀ = 0.1', 'η₀ = 1', 'η₀ searched'], 'training step'],
  ])(
    'figure %i: a line for each value of %s, in order, of runs alike in all else',
    (number, what, labels, x) => {
      const { svg, texts } = draw(number, 'ablation');
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      expect(texts.filter((text) => text.startsWith(`by ${what}`))).toHaveLength(1);
      const first = texts.indexOf(labels[0] as string);
      expect(texts.slice(first, first + labels.length + 1)).toEqual([...labels, 'Training loss (log scale)']);
      expect(texts.filter((text) => text === x)).toHaveLength(3);
      expect(texts).toContain('Test accuracy (%)');
    },
  );

  it('are refused without two values', () => {
    expect(() => draw(3, 'once')).toThrow(/differ in the batch size alone; make some with: gen-bench sweep/);
  });
});

describe('figure 2', () => {
  it('draws a panel for each step, three in a row', () => {
    const run = fakeRun(join(dir, 'line/gen'), { metrics: rows(30, () => 1) });
    const lines = [1, 2, 3, 4].flatMap((step) =>
      [-2, -1, 0, 1].map((point) => `${step},${point},${-point / 10},${point ** 2},${point ** 2},8,1.5`),
    );
    const header = 'step,point,xi,loss,parabola,examples,forward_ms';
    writeFileSync(join(run, 'landscape.csv'), [header, ...lines, ''].join('\n'));
    const { svg, texts } = draw(2, 'line');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(texts.filter((text) => text.startsWith('Step '))).toEqual([
      'Step 1',
      'Step 2',
      'Step 3',
      'Step 4',
    ]);
    expect(texts.filter((text) => text === 'loss of a batch')).toHaveLength(2);
    expect(() => draw(2, 'once')).toThrow(/no run has the loss along its updates/);
  });
});

describe('figures 8 and 9', () => {
  it('show the runs of their task', () => {
    const nlg = { config: { task: 'nlg' }, model: { name: 'gpt2' }, dataset: { name: 'e2e' } };
    const decay = (step: number) => 2 * 0.97 ** step;
    fakeRun(join(dir, 'texts/gen'), { ...nlg, metrics: rows(60, decay), evals: evals([30, 60]) });
    fakeRun(join(dir, 'texts/images'), { metrics: rows(60, decay), evals: evals([30, 60]) });
    const [eight, nine] = [draw(8, 'texts').texts, draw(9, 'texts').texts];
    expect(eight).toEqual(expect.arrayContaining(['resnet8 on digits', 'Test accuracy (%)']));
    expect(eight).not.toContain('gpt2 on e2e');
    expect(nine).toEqual(expect.arrayContaining(['gpt2 on e2e', 'Effective learning rate (log scale)']));
    expect(nine).not.toContain('Test accuracy (%)');
  });
});

describe('figure', () => {
  it('says what it cannot do', () => {
    const results = [join(dir, 'sweep')];
    expect(() => figure('15', { results, out: 'x.svg' })).toThrow('figure 15: expected 1, 2, 3');
    expect(() => figure('1', { results, out: join(dir, 'x.pdf') })).toThrow(UsageError);
    expect(() => figure('6', { results, out: join(dir, 'x.svg') })).toThrow(MissingError);
  });
});
