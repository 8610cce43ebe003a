import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { softmaxCrossEntropy } from '../engine/ops/softmax-cross-entropy.js';
import { readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { elementCount } from '../formats/dtype.js';
import { differing, error, gradientDigests, noise } from '../testing/model-oracle.js';
import {
  createTiny,
  evaluate,
  formulaWeights,
  type TextCase,
  textOracle,
  tinyInputs,
} from '../testing/text-oracle.js';
import { Scope } from './layers/scope.js';
import type { Model } from './types.js';
import { loadWeights } from './weights.js';

/** As the oracle script's: masks by a formula, one for each call in order. */
const dropouts = vi.hoisted(() => ({ calls: 0 }));
vi.mock('../engine/ops/dropout.js', () => {
  const dropoutMask = (shape: readonly number[], rate: number) => {
    const size = elementCount(shape);
    const keep = noise(5000 + dropouts.calls++, size).map((value) => (value + 0.5 >= rate ? 1 : 0));
    return floatTensor(keep, [...shape]).div(floatTensor(1 - rate));
  };
  return { dropoutMask, dropout: (x: Tensor, rate: number) => x.mul(dropoutMask(x.shape, rate)) };
});

beforeAll(() => loadEngine());
beforeEach(() => {
  dropouts.calls = 0;
});
const models: Model[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) model.dispose();
  await loadEngine({ precision: 'float32' });
});
async function made(given: TextCase, precision: 'float32' | 'float64' = 'float32'): Promise<Model> {
  await loadEngine({ precision });
  const model = createTiny(given);
  models.push(model);
  await loadWeights(model, formulaWeights(given));
  return model;
}

describe.each(textOracle.cases)('$name', (given) => {
  // The file has nine digits.
  test.each([
    ['float64', 1e-8],
    ['float32', 2e-5],
  ] as const)('gives the logits, loss and gradients of transformers in %s', async (precision, tolerance) => {
    const model = await made(given, precision);
    expect(model.parameters.map(({ name }) => name).sort()).toEqual(Object.keys(given.shapes).sort());
    tf.tidy(() => {
      const inputs = tinyInputs(given);
      expect(error(readFloats(evaluate(model, inputs)), given.evalLogits), 'logits').toBeLessThan(tolerance);
      const trainable = model.parameters.filter((parameter) => parameter.trainable);
      const { value, grads } = gradients(model, inputs);
      expect(dropouts.calls).toBe(given.dropouts);
      expect(error(readFloats(value), [given.loss]), 'loss').toBeLessThan(tolerance);
      const digests = gradientDigests({ ...model, parameters: trainable }, grads);
      expect(differing(digests, given.gradients, 10 * tolerance)).toEqual([]);
    });
  });
});

/** The oracle's loss, and gradients of the trainable parameters. */
function gradients(model: Model, inputs: Record<string, Tensor>) {
  const trainable = model.parameters.filter((parameter) => parameter.trainable);
  const frozen = model.parameters.filter((parameter) => !parameter.trainable);
  const frozenValues = readAll(frozen);
  const loss = (...values: Tensor[]) => {
    const seed = tf.tensor1d([0, 0], 'int32');
    const scope = new Scope([...trainable, ...frozen], [...values, ...frozenValues], {
      training: true,
      seed,
    });
    const logits = model.forward(scope, inputs);
    const classes = logits.shape.at(-1)!;
    const rows = logits.reshape([-1, classes]); // (..., K) -> (R, K)
    const labels = tf.tensor1d(
      Array.from({ length: rows.shape[0]! }, (_, i) => i % classes),
      'int32',
    );
    return softmaxCrossEntropy(rows, labels).mean();
  };
  return tf.valueAndGrads(loss)(readAll(trainable));
}
