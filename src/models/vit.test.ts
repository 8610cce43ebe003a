import { expect, test } from 'vitest';
import { describeLikeTimm } from '../testing/model-oracle.js';
import { models } from './registry.js';
import type { ModelContext } from './types.js';

const small = { patch_size: 8, width: 24, depth: 3, heads: 3 };
const make = (options: object, context: ModelContext) =>
  models.vit.create(models.vit.options.parse(options), context);
const images = (height: number, width = height): ModelContext => ({
  seed: 0,
  numClasses: 10,
  imageShape: [height, width, 3],
});

describeLikeTimm('vit', {
  vit: { create: (size, seed) => make(small, { ...images(size), seed }) },
});

test.each([
  ['vit_tiny_patch16_224', 5_717_416],
  ['vit_small_patch16_224', 22_050_664],
  ['vit_base_patch16_224', 86_567_656],
  ['vit_large_patch16_224', 304_326_632],
] as const)('%s has %i parameters for ImageNet', (name, count) => {
  const model = models[name].create({}, { seed: 0, numClasses: 1000, imageShape: [224, 224, 3] });
  expect(model.parameters.reduce((sum, { size }) => sum + size, 0)).toBe(count);
  model.dispose();
});

test('what does not fit is refused with the option to change', () => {
  expect(() => make(small, { seed: 0 })).toThrow(/vit classifies images/);
  expect(() => make(small, images(32, 36))).toThrow(
    /images of 32 × 36 pixels .* patches of 8 × 8.*patch_size/,
  );
  expect(() => make({ ...small, heads: 5 }, images(32))).toThrow(/width 24 .* heads 5/);
  expect(() => models.vit_tiny_patch16_224.create({}, images(32))).toThrow(
    /224 × 224 pixels.*image_size.*model vit/,
  );
});
