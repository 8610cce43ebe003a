import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingError } from '../errors.js';
import { fakeRun } from '../testing/fake-run.js';
import { figure } from './figure.js';
import { verdict } from './figure-sensitivity.js';
import { findRuns } from './runs.js';
import { sensitivities } from './sensitivity.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-sensitivity-'));
afterAll(() => rmSync(dir, { recursive: true }));
const cosine = { name: 'cosine', preset: undefined, phi: undefined };
const prodigy = { name: 'prodigy', preset: undefined, phi: undefined };

beforeAll(() => {
  const results = { 0.001: [0.95, 0.5], 0.01: [0.96, 0.9], 0.1: [0.94, 0.97], 1: [0.93, undefined] };
  for (const [lr, [gen, base]] of Object.entries(results)) {
    const optimizer = { lr: Number(lr) };
    for (const seed of [0, 1]) {
      fakeRun(join(dir, `gen-${lr}-${seed}`), { optimizer, seed, accuracy: (gen as number) + 0.002 * seed });
      fakeRun(join(dir, `cosine-${lr}-${seed}`), {
        ...{ optimizer, seed, scheduler: cosine, accuracy: base ?? 0.1 },
        ...(base === undefined && seed === 1 ? { summary: { status: 'diverged' as const } } : {}),
      });
    }
  }
  fakeRun(join(dir, 'prodigy'), { scheduler: prodigy, accuracy: 0.9 });
});

describe('sensitivities', () => {
  it('join the runs of a method over its learning rates', () => {
    const [found, ...others] = sensitivities(findRuns([dir]));
    expect(others).toEqual([]);
    expect(found?.curves.map(({ label, points }) => [label, points.length])).toEqual([
      ['GeN', 4],
      ['cosine', 4],
      ['Prodigy', 1],
    ]);
    const [gen, base, free] = found?.curves ?? [];
    expect(gen?.points[0]).toMatchObject({ lr0: 0.001, low: 0.95, high: 0.952, diverged: false });
    expect(gen?.best?.lr0).toBe(0.01);
    expect(gen?.untuned?.lr0).toBe(0.01);
    // at η₀ = 1 one seed diverged: its other seed's result does not stand for it
    expect(base?.points[3]).toMatchObject({ diverged: true });
    expect(base?.best).toMatchObject({ lr0: 0.1, mean: 0.97 });
    expect(free?.points[0]?.lr0).toBeNaN();
  });

  it('say what tuning gains', () => {
    const [found] = sensitivities(findRuns([dir]));
    expect(found && verdict(found)).toBe(
      'Best tuned baseline: cosine at η₀ = 0.1, 97.00 %. ' +
        'GeN untuned (middle of the grid): 96.10 % at η₀ = 0.01; worst over η₀ 93.10 %.',
    );
  });
});

describe('figure sensitivity', () => {
  it('is an SVG with both panels', () => {
    const out = join(dir, 'figure.svg');
    figure('sensitivity', { results: [dir], out });
    const svg = readFileSync(out, 'utf8');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).toContain('Final accuracy (%) over the initial learning rate');
    expect(svg).toContain('What tuning η₀ gains');
  });

  it('needs more than one learning rate', () => {
    const results = [join(dir, 'gen-0.1-0')];
    expect(() => figure('sensitivity', { results, out: join(dir, 'x.svg') })).toThrow(MissingError);
  });
});
