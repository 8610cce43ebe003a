import { describe, expect, it } from 'vitest';
import { genOptionsSchema, genSettings, resolveGenOptions } from './options.js';

const resolve = (input: unknown) => resolveGenOptions(genOptionsSchema.parse(input));

describe('GeN presets', () => {
  it('defaults to authors', () => {
    expect(resolve({})).toEqual({
      preset: 'authors',
      lr0: null,
      phi: 8,
      gamma: 0.9,
      points: [-1, 0, 1],
      probe_batch: 'next',
      fit: 'parabola',
      clip: 2,
      min_r2: 0.99,
      min_z: null,
      decay: 'none',
      choices: 'kept',
      moments: 'once',
      failedFit: 'keep',
    });
  });

  it('paper is Algorithm 1: same batch, no clip, no gate', () => {
    expect(resolve({ preset: 'paper' })).toMatchObject({
      phi: 8,
      gamma: 0.9,
      probe_batch: 'same',
      clip: null,
      min_r2: null,
      decay: 'none',
      choices: 'kept',
      moments: 'once',
    });
  });

  it('authors-exact adds what the released code does besides', () => {
    expect(resolve({ preset: 'authors-exact' })).toMatchObject({
      probe_batch: 'next',
      clip: 2,
      min_r2: 0.99,
      decay: 'none',
      choices: 'remade',
      moments: 'twice',
      failedFit: 'halve',
    });
  });

  it('lets other keys override the preset one by one, null included', () => {
    expect(resolve({ preset: 'authors', clip: null })).toEqual({ ...resolve({}), clip: null });
    expect(resolve({ preset: 'paper', min_r2: 0.9, phi: 2 })).toEqual({
      ...resolve({ preset: 'paper' }),
      min_r2: 0.9,
      phi: 2,
    });
    expect(resolve({ preset: 'authors-exact', decay: 'none' }).moments).toBe('twice');
  });

  it('the one-sided fit needs only the step itself, −1, beside 0', () => {
    expect(resolve({ fit: 'one-sided', probe_batch: 'same' }).points).toEqual([-1, 0]);
  });

  it('changes nothing when its own result is resolved again', () => {
    for (const preset of ['authors', 'paper', 'authors-exact']) {
      const options = resolve({ preset, lr0: 'auto' });
      expect(resolve(genSettings(options))).toEqual(options);
    }
  });

  it.each([
    { phi: 0 },
    { phi: 1.5 },
    { gamma: 1 },
    { gamma: -0.1 },
    { clip: 1 },
    { lr0: 0 },
    { lr0: 'automatic' },
    { points: [0, Number.NaN, 1] },
    { preset: 'author' },
    { probe_batch: 'other' },
    { decay: 'step' },
    { min_z: 0 },
    { moments: 'twice' },
  ])('refuses %j', (input) => {
    expect(genOptionsSchema.safeParse(input).success).toBe(false);
  });
});
