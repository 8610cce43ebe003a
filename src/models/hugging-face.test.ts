import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readFloats } from '../engine/raw.js';
import { loadEngine } from '../engine/tf.js';
import { error } from '../testing/model-oracle.js';
import {
  createTiny,
  evaluate,
  formulaWeights,
  type TextCase,
  textCase,
  tinyInputs,
} from '../testing/text-oracle.js';
import type { Model } from './types.js';
import { loadWeights } from './weights.js';

beforeAll(() => loadEngine());

const models: Model[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

type Weights = ReturnType<typeof formulaWeights>;
const renamed = (weights: Weights, rename: (name: string) => string): Weights =>
  new Map([...weights].map(([name, entry]) => [rename(name), entry]));
const other = { shape: [2, 2], read: async () => new Float32Array(4) };

/** The case's model with weights from a checkpoint, which must give the case's logits. */
async function expectLoads(given: TextCase, weights: Weights, options = {}): Promise<void> {
  const model = createTiny(given);
  models.push(model);
  await loadWeights(model, weights, options);
  const logits = evaluate(model, tinyInputs(given));
  expect(error(readFloats(logits), given.evalLogits)).toBeLessThan(2e-5);
}

describe('checkpoints of GPT-2', () => {
  const given = textCase('gpt2-language');
  const weights = formulaWeights(given);

  test('without the prefix, with causal masks as buffers, as the published ones', () =>
    expectLoads(
      given,
      renamed(weights, (name) => name.replace('transformer.', ''))
        .set('h.0.attn.bias', other)
        .set('h.0.attn.masked_bias', other),
    ));
  test('with the tied output layer too', () =>
    expectLoads(given, new Map(weights).set('lm_head.weight', other)));
  test('with the output layer alone', () =>
    expectLoads(
      given,
      renamed(weights, (name) => name.replace('transformer.wte', 'lm_head')),
    ));
  test('of something else are refused', async () => {
    const model = createTiny(given);
    models.push(model);
    await expect(loadWeights(model, new Map(weights).set('h.0.attn.q.weight', other))).rejects.toThrow(
      'not in the model: h.0.attn.q.weight',
    );
  });
});

describe('checkpoints of BERT', () => {
  const given = textCase('bert-classifier');
  const bare = textCase('bert-bare');
  const weights = formulaWeights(given);

  test("with TensorFlow's names, buffers and heads of pretraining", () =>
    expectLoads(
      given,
      renamed(weights, (name) =>
        name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
      )
        .set('bert.embeddings.position_ids', other)
        .set('cls.predictions.bias', other)
        .set('cls.predictions.transform.LayerNorm.gamma', other),
    ));
  test('of the bare model need a classifier', async () => {
    const model = createTiny(given);
    models.push(model);
    const headless = renamed(new Map([...weights].filter(([name]) => name.startsWith('bert.'))), (name) =>
      name.slice('bert.'.length),
    );
    await expect(loadWeights(model, headless)).rejects.toThrow('missing classifier.weight, classifier.bias');
    expect(await loadWeights(model, headless, { replaceHead: true })).toEqual([
      'classifier.weight',
      'classifier.bias',
    ]);
  });
  test('with a classifier are taken by the bare model', () =>
    expectLoads(
      bare,
      renamed(formulaWeights(bare), (name) => `bert.${name}`)
        .set('bert.pooler.dense.weight', other)
        .set('classifier.weight', other),
    ));
});
