import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disposeAll, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { gpt2_mini } from '../models/gpt2.js';
import { Scope } from '../models/layers/scope.js';
import type { LanguageModel } from '../models/types.js';
import { type BeamSearchOptions, beamSearch, repeats } from './beam-search.js';

/** Made by scripts/oracles/beam_search.py with LoRA's code base. */
const oracle = JSON.parse(readFileSync(new URL('./testdata/beam-search.json', import.meta.url), 'utf8')) as {
  shape: Record<string, number>;
  names: string[];
  logits: { ids: number[][]; values: number[] };
  cases: { settings: BeamSearchOptions; prompts: number[][]; generated: number[][] }[];
};

let model: LanguageModel;
let weights: Tensor[];
let scope: Scope;

/** The oracle's weights: sines of their place, by name. */
beforeAll(async () => {
  await loadEngine({ precision: 'float64' }); // the oracle's precision
  const options = gpt2_mini.options.parse({ ...oracle.shape, dropout: 0 });
  model = gpt2_mini.create(options, { seed: 0 }) as LanguageModel;
  const byName = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  let offset = 0;
  for (const name of oracle.names) {
    const { size, shape, variable } = byName.get(name)!;
    const isNorm = /\.ln_.*weight$/.test(name);
    const values = Float64Array.from({ length: size }, (_, i) => {
      const place = offset + i;
      const value = 0.35 * Math.sin(1.7 * place + 0.01 * place ** 1.5);
      return name.endsWith('wte.weight') ? 4 * value : isNorm ? 1 + value : value;
    });
    const tensor = floatTensor(values, [...shape]);
    variable.assign(tensor);
    tensor.dispose();
    offset += size;
  }
  weights = readAll(model.parameters);
  scope = new Scope(model.parameters, weights, { training: false });
});
afterAll(async () => {
  disposeAll(weights);
  model.dispose();
  await loadEngine({ precision: 'float32' });
});

test('the model is the same on both sides', () => {
  tf.tidy(() => {
    const logits = model.forward(scope, { ids: tf.tensor2d(oracle.logits.ids, undefined, 'int32') });
    const last = readFloats(logits).slice(-oracle.logits.values.length);
    oracle.logits.values.forEach((value, i) => {
      expect(last[i]).toBeCloseTo(value, 5);
    });
  });
});

describe.each(oracle.cases)('beam search with $settings', ({ settings, prompts, generated }) => {
  test("gives the texts of LoRA's code base, in a batch or one by one", () => {
    const ids = prompts.map((prompt) => Int32Array.from(prompt));
    const before = tf.memory().numTensors;
    expect(beamSearch(model, scope, ids, settings)).toEqual(generated);
    expect(tf.memory().numTensors).toBe(before);
    for (const [i, prompt] of ids.slice(0, 3).entries()) {
      expect(beamSearch(model, scope, [prompt], settings)).toEqual([generated[i]]);
    }
  });
});

test('repeats are the tokens that would end a sequence once more', () => {
  expect(repeats([1, 2, 3, 1, 2], 3)).toEqual([3]);
  expect(repeats([1, 2, 3, 1, 2, 4, 1, 2], 3)).toEqual([3, 4]);
  expect(repeats([1, 2], 4)).toEqual([]);
  expect(repeats([5, 5, 5], 2)).toEqual([5, 5]);
  expect(repeats([5, 6], 1)).toEqual([5, 6]);
  expect(repeats([5, 5, 5], 0)).toEqual([]);
});
