import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load.js';
import { defaultJobs } from './default-jobs.js';

const config = (model: string, dataset: string, lr = 0.1) =>
  parseConfig(`name: a
task: classification
model: { name: ${model} }
dataset: ${dataset}
optimizer: { name: adam, lr: ${lr} }
scheduler: { name: gen }
train: { epochs: 1, batch_size: 100 }
`);
const small = Array.from({ length: 20 }, (_, i) =>
  config('resnet8', '{ name: mnist-digits }', 0.1 / (i + 1)),
);

describe('defaultJobs', () => {
  it.each([
    ['one on a small machine', 2, 64e9, 1],
    ['four cores a run', 16, 64e9, 4],
    ['no more than there are runs', 256, 640e9, 20],
    ['what fits into memory', 16, 6e9, 2],
    ['one where nothing fits', 16, 1e9, 1],
  ])('is %s', (_, cores, freeBytes, expected) => {
    expect(defaultJobs(small, { cores, freeBytes })).toBe(expected);
  });

  it('goes by the largest model', () => {
    const machine = { cores: 64, freeBytes: 16e9 };
    // 85.8 M weights: themselves, gradients, two moments, two snapshots, 4 bytes each: 2.06 GB beside 2.7
    const large = config('vit_base_patch16_224', '{ name: cifar10, image_size: 224 }');
    expect(defaultJobs([...small, large], machine)).toBe(3);
    expect(defaultJobs(small, machine)).toBe(5);
  });
});
