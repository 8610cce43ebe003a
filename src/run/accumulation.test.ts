import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostBatch } from '../data/types.js';
import { disposeAll, readAll } from '../engine/parameters.js';
import { readFloats } from '../engine/raw.js';
import { loadEngine, tf } from '../engine/tf.js';
import { models } from '../models/registry.js';
import type { Model } from '../models/types.js';
import { normals, randomGenerator } from '../random.js';
import { classification } from '../tasks/classification.js';
import { relativeError } from '../testing/ops.js';
import { Objective, stepSeed } from './objective.js';

const BATCH = 12;
const SIZE = 16;

let model: Model;
beforeAll(async () => {
  await loadEngine();
  const options = { patch_size: 4, width: 24, depth: 2, heads: 3, pretrained: false as const };
  model = models.vit.create(options, { seed: 0, numClasses: 10, imageShape: [SIZE, SIZE, 3] });
});
afterAll(() => model.dispose());

function batch(): HostBatch {
  const shape = [BATCH, SIZE, SIZE, 3] as const;
  const data = normals(randomGenerator(0, 'images'), BATCH * SIZE * SIZE * 3, 1);
  const label = Int32Array.from({ length: BATCH }, (_, i) => i % 10);
  return { image: { shape, data }, label: { shape: [BATCH], data: label } };
}

function gradient(microBatchSize: number, gradClip: number | null) {
  const objective = new Objective(model, classification, { microBatchSize, gradClip });
  const { gradients, ...rest } = objective.gradient(batch(), stepSeed(0, 1));
  const values = gradients.map((tensor) => Float64Array.from(readFloats(tensor)));
  disposeAll(gradients);
  objective.dispose();
  return { ...rest, values };
}

test.each([
  { microBatchSize: 6, gradClip: null },
  { microBatchSize: 5, gradClip: null }, // the last one is smaller
  { microBatchSize: 1, gradClip: 0.1 },
])(
  'gradients accumulated over $microBatchSize examples at a time (clip $gradClip) are those of the whole batch',
  (given) => {
    disposeAll(readAll(model.parameters)); // they have values from now on
    const tensors = tf.memory().numTensors;
    const whole = gradient(BATCH, given.gradClip);
    const split = gradient(given.microBatchSize, given.gradClip);
    expect(relativeError(split.losses, whole.losses)).toBeLessThan(1e-5);
    expect(Math.abs(split.gradNorm / whole.gradNorm - 1)).toBeLessThan(1e-5);
    expect(Math.abs(split.clipScale / whole.clipScale - 1)).toBeLessThan(1e-5);
    if (given.gradClip !== null) expect(split.clipScale).toBeLessThan(1);
    // Against the largest entry of all: biases of keys have no gradient but rounding.
    const largest = Math.max(...whole.values.flatMap((values) => [...values].map(Math.abs)));
    split.values.forEach((values, i) => {
      const difference = Math.max(...values.map((value, j) => Math.abs(value - whole.values[i]![j]!)));
      expect(difference / largest, model.parameters[i]!.name).toBeLessThan(1e-5);
    });
    expect(tf.memory().numTensors).toBe(tensors);
  },
);
