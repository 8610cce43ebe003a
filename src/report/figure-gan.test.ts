import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MissingError } from '../errors.js';
import { fakeRun } from '../testing/fake-run.js';
import { figure } from './figure.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-figure-gan-'));
afterAll(() => rmSync(dir, { recursive: true }));

const gan = { config: { task: 'gan' }, model: { name: 'dcgan' } };

beforeAll(async () => {
  const metrics = Array.from({ length: 60 }, (_, i) => ({
    ...{ step: i + 1, epoch: 1, loss: 1 / (i + 1), effective_lr: 1e-4 * (i + 1) },
    ...{ generator_loss: 2, generator_lr: 2e-4 },
  }));
  const run = fakeRun(join(dir, 'gan/gen'), { ...gan, metrics });
  const constant = { name: 'constant', preset: undefined, phi: undefined };
  fakeRun(join(dir, 'gan/constant'), { ...gan, metrics, scheduler: constant });
  fakeRun(join(dir, 'bare/gen'), { ...gan, metrics });
  fakeRun(join(dir, 'digits/gen'), { metrics });
  mkdirSync(join(run, 'samples'));
  const grid = (red: number) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background: { r: red, g: 0, b: 0 } } })
      .png()
      .toBuffer();
  writeFileSync(join(run, 'samples/real.png'), await grid(255));
  writeFileSync(join(run, 'samples/step-000050.png'), await grid(10));
  writeFileSync(join(run, 'samples/step-000100.png'), await grid(100));
});

function draw(number: number, results: string): { texts: string[]; svg: string } {
  const out = join(dir, 'figure.svg');
  figure(String(number), { results: [join(dir, results)], out });
  const svg = readFileSync(out, 'utf8');
  const { document } = parseHTML(svg);
  return { svg, texts: [...document.querySelectorAll('text, title')].map((node) => node.textContent ?? '') };
}

it('figure 11 shows learning rates and losses of both networks, a row for each method', () => {
  const { texts, svg } = draw(11, 'gan');
  for (const text of ['discriminator', 'generator', 'Learning rate (log scale)', 'Loss']) {
    expect(texts.filter((found) => found === text)).toHaveLength(2);
  }
  expect(texts.some((text) => text.endsWith('GeN-SGD'))).toBe(true);
  expect(svg).not.toContain('NaN');
});

it('figure 12 shows real images beside the last generated ones', async () => {
  const { texts } = draw(12, 'gan');
  expect(texts).toContain('Generated images, step 100');
  expect(texts.filter((text) => text === 'Real images')).toHaveLength(1);
  const out = join(dir, 'figure.png');
  figure('12', { results: [join(dir, 'gan')], out });
  const { data, info } = await sharp(out).raw().toBuffer({ resolveWithObject: true });
  const red = (x: number, y: number) => data[(Math.round(y) * info.width + Math.round(x)) * info.channels];
  expect(red(info.width / 4, 0.7 * info.height)).toBe(255);
  expect(red((3 * info.width) / 4, 0.7 * info.height)).toBe(100);
});

it('runs of other tasks, and runs without images, are refused', () => {
  expect(() => draw(11, 'digits')).toThrow(MissingError);
  expect(() => draw(12, 'bare')).toThrow(/no run has images/);
});
