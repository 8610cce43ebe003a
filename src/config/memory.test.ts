import { describe, expect, it } from 'vitest';
import { explain } from './explain.js';
import { parseConfig } from './load.js';
import { estimateMemory } from './memory.js';

const resnet = (optimizer: string, scheduler: string, train = '') =>
  parseConfig(`name: a
task: classification
model: { name: resnet50 }
dataset: { name: cifar10, image_size: 224 }
optimizer: ${optimizer}
scheduler: ${scheduler}
train: { epochs: 1, batch_size: 100 ${train} }
`);

describe('estimateMemory', () => {
  // timm's ResNet-50 with 10 classes has 23,528,522 parameters
  const weights = 4 * 23_528_522;

  it.each([
    ['{ name: sgd }', '{ name: constant }', '', 2],
    ['{ name: sgd, momentum: 0.9 }', '{ name: constant }', '', 3],
    ['{ name: adam }', '{ name: cosine }', '', 4],
    ['{ name: sgd, momentum: 0.9 }', '{ name: gen }', '', 4],
    ['{ name: sgd, momentum: 0.9 }', '{ name: gen, points: [-2, -1, 0, 1, 2] }', '', 6],
    ['{ name: sgd, momentum: 0.9 }', '{ name: gen, preset: authors-exact }', '', 5],
    ['{ name: sgd, momentum: 0.9 }', '{ name: gen, preset: paper, fit: one-sided }', '', 4],
    ['{ name: sgd, momentum: 0.9 }', '{ name: gen }', ', micro_batch_size: 50', 4],
    ['{ name: sgd, momentum: 0.9 }', '{ name: prodigy }', '', 6],
  ])('of %s, %s %s is %s times the weights', (optimizer, scheduler, train, times) => {
    expect(estimateMemory(resnet(optimizer, scheduler, train))?.total).toBe(times * weights);
  });

  it('counts what is trained only once where most is frozen', () => {
    const config = parseConfig(`name: a
task: glue
model: { name: roberta-base, peft: lora }
dataset: { name: sst-2 }
optimizer: { name: adamw }
scheduler: { name: gen }
train: { epochs: 1, batch_size: 16 }
`);
    const { weights, gradients, optimizer, snapshots } = estimateMemory(config) ?? {};
    expect(weights).toBeGreaterThan(4 * 124e6);
    expect(gradients).toBeLessThan(4 * 1e6);
    expect([optimizer, snapshots]).toEqual([2 * (gradients ?? 0), gradients]);
  });

  it('is in explain, with what is not counted', () => {
    const text = explain(resnet('{ name: sgd, momentum: 0.9 }', '{ name: gen }'));
    expect(text).toMatch(
      /memory: +376 MB \(weights 94.1 MB, gradients 94.1 MB, optimizer 94.1 MB, GeN's snapshots 94.1 MB\)/,
    );
    expect(text).toContain('not counted: activations');
  });
});
