import { expect, test } from 'vitest';
import { disposeAll, readAll } from '../engine/parameters.js';
import { tf } from '../engine/tf.js';
import { describeLikeTimm } from '../testing/model-oracle.js';
import { Scope } from './layers/scope.js';
import { models } from './registry.js';
import { exportWeights } from './weights.js';

const subject = (name: 'resnet18' | 'resnet50') => ({
  create: (size: number, seed: number) =>
    models[name].create({}, { seed, numClasses: 10, imageShape: [size, size, 3] }),
});

describeLikeTimm('resnet', {
  resnet18: subject('resnet18'),
  // In 50 layers some activation always lies so near zero that rounding decides whether ReLU passes it: PyTorch's own
  // float32 gradients of this problem are up to 7e-3 away from its float64 ones.
  resnet50: { ...subject('resnet50'), gradientTolerance: 1e-2 },
});

test('the same seed gives the same weights, whatever the number of classes', () => {
  const make = (seed: number, numClasses: number) => {
    const model = models.resnet8.create({ pretrained: false }, { seed, numClasses, imageShape: [28, 28, 1] });
    const weights = new Map(exportWeights(model).map(({ name, data }) => [name, data as Float32Array]));
    model.dispose();
    return weights;
  };
  const first = make(5, 10);
  expect(make(5, 10)).toEqual(first);
  expect(make(5, 7).get('conv1.weight')).toEqual(first.get('conv1.weight'));
  expect(make(6, 10).get('conv1.weight')).not.toEqual(first.get('conv1.weight'));
});

test.each([
  ['resnet8', 78_042],
  ['resnet20', 272_474],
] as const)('%s has %i parameters for CIFAR-10 and takes any image size', (name, count) => {
  const model = models[name].create(
    { pretrained: false },
    { seed: 0, numClasses: 10, imageShape: [32, 32, 3] },
  );
  const all = [...model.parameters, ...model.statistics];
  disposeAll(readAll(all)); // they have values from now on
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const scope = new Scope(all, readAll(all), { training: true, trackStatistics: false });
    expect(model.forward(scope, { image: tf.zeros([2, 31, 40, 3]) }).shape).toEqual([2, 10]);
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(model.parameters.reduce((sum, { size }) => sum + size, 0)).toBe(count);
  model.dispose();
});

test('without images or classes a ResNet says so', () => {
  expect(() => models.resnet18.create({}, { seed: 0 })).toThrow(/resnet18 classifies images/);
});
