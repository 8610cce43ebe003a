import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readAll } from '../engine/parameters.js';
import { readFloats } from '../engine/raw.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { readWeights } from '../formats/weights.js';
import { Objective, stepSeed } from '../run/objective.js';
import { glueTask } from '../tasks/glue.js';
import { error } from '../testing/model-oracle.js';
import {
  createTiny,
  createTinyGpt2,
  evaluate,
  formulaWeights,
  textCase,
  textOracle,
  tinyInputs,
} from '../testing/text-oracle.js';
import { loadAdapter, saveAdapter } from './adapter-file.js';
import { countParameters, type PeftOptions } from './peft.js';
import { encoders, languageModels } from './registry.js';
import type { Model } from './types.js';
import { loadWeights } from './weights.js';

beforeAll(() => loadEngine());

const owned: { dispose(): void }[] = [];
let folder: string | undefined;
afterEach(async () => {
  for (const one of owned.splice(0)) one.dispose();
  if (folder) await rm(folder, { recursive: true });
  folder = undefined;
});
const own = <T extends { dispose(): void }>(one: T): T => {
  owned.push(one);
  return one;
};
const temporary = async () => {
  folder ??= await mkdtemp(join(tmpdir(), 'gen-bench-adapter-'));
  return folder;
};
const testdata = (name: string) => fileURLToPath(new URL(`./testdata/peft-${name}`, import.meta.url));
const logitsOf = (model: Model, inputs: Record<string, Tensor>) => readFloats(evaluate(model, inputs));
const trained = (model: Model) => model.parameters.filter((p) => p.trainable).map((p) => p.name);

describe('numbers of trainable parameters of RoBERTa-base', () => {
  const count = (peft: Partial<PeftOptions>) => {
    const { options, create } = encoders['roberta-base'];
    const model = own(create(options.parse(peft), { seed: 0, numClasses: 2 }));
    return countParameters(model);
  };
  const classifier = 768 * 768 + 768 + 768 * 2 + 2;

  // Table 4 has 0.3 M, 0.1 M and 125 M: as in the tables it cites, the classifier is not counted.
  test('LoRA', () => {
    expect(count({ peft: 'lora', lora_r: 8 })).toEqual({
      total: 124_647_170 + 294_912,
      trainable: 294_912 + classifier,
      adapted: 294_912,
    });
  });
  test('BitFit', () =>
    expect(count({ peft: 'bitfit' })).toMatchObject({ adapted: 102_144, trainable: 102_144 + classifier }));
  test('full', () =>
    expect(count({ peft: 'full' })).toEqual({
      total: 124_647_170,
      trainable: 124_647_170,
      adapted: 124_647_170 - classifier,
    }));
});

test.each([
  ['gpt2', 124_439_808],
  ['gpt2-medium', 354_823_168],
  ['gpt2-large', 774_030_080],
] as const)('%s has the published number of parameters', (name, total) => {
  const { options, create } = languageModels[name];
  expect(countParameters(own(create(options.parse({}), { seed: 0 }))).total).toBe(total);
});

describe('what is trained', () => {
  test("GPT-2's queries and values by default, with an A and B each", () => {
    const model = own(createTinyGpt2({ peft: 'lora', lora_r: 2 }));
    const names = [0, 1].flatMap((block) =>
      ['q', 'v'].flatMap((part) =>
        ['A', 'B'].map((matrix) => `transformer.h.${block}.attn.c_attn.${part}.lora_${matrix}.weight`),
      ),
    );
    expect(trained(model)).toEqual(names);
  });
  test('A starts within 1/√inputs, B at zero: nothing changes at first', async () => {
    const given = textCase('gpt2-language');
    const model = own(createTinyGpt2({ peft: 'lora', lora_r: 4 }));
    await loadWeights(model, formulaWeights(given));
    const [a, b] = readAll(model.peft!.added).map((value) => [...readFloats(value)]);
    const bound = 1 / Math.sqrt(textOracle.sizes.width);
    expect(Math.max(...a!.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...a!.map(Math.abs))).toBeGreaterThan(0.9 * bound);
    expect(new Set(b)).toEqual(new Set([0]));
    tf.tidy(() => {
      expect(error(logitsOf(model, tinyInputs(given)), given.evalLogits)).toBeLessThan(2e-5);
    });
  });
  test('biases and the classifier with BitFit', () => {
    const model = own(createTiny(textCase('roberta-classifier'), { peft: 'bitfit' }));
    const names = model.parameters.map(({ name }) => name);
    expect(trained(model)).toEqual(
      names.filter((name) => name.endsWith('.bias') || name.startsWith('classifier.')),
    );
  });
  test('nothing that is frozen', () => {
    const model = own(createTinyGpt2({ freeze: ['transformer.wte', 'transformer.h.0.'] }));
    const names = model.parameters.map(({ name }) => name);
    expect(trained(model)).toEqual(names.filter((name) => !/wte|h\.0\./.test(name)));
  });
  test('unknown names are refused', () => {
    expect(() => createTinyGpt2({ freeze: ['transformer.x'] })).toThrow(
      /model.freeze: no parameter begins with 'transformer.x'; there are transformer.wte, /,
    );
    expect(() => createTinyGpt2({ peft: 'lora', lora_targets: ['c_attn', 'query'] })).toThrow(
      /model.lora_targets: no layer is named query; there are c_attn, c_attn.q, c_attn.k, c_attn.v, c_proj, /,
    );
  });
});

test('frozen parameters have no gradient', async () => {
  const given = textCase('roberta-classifier');
  const model = own(createTiny(given, { peft: 'lora' }));
  const objective = own(
    new Objective(model, glueTask(textOracle.sizes.vocab), { microBatchSize: 3, gradClip: null }),
  );
  const { batch, length } = textOracle;
  const result = objective.gradient(
    {
      ids: { shape: [batch, length], data: Int32Array.from(given.ids) },
      mask: { shape: [batch, length], data: Int32Array.from(given.mask!) },
      label: { shape: [batch], data: Int32Array.of(0, 1, 2) },
    },
    stepSeed(0, 1),
  );
  expect(objective.trainable.map(({ name }) => name)).toEqual(trained(model));
  expect(result.gradients.map(({ shape }) => shape)).toEqual(objective.trainable.map(({ shape }) => shape));
  for (const gradient of result.gradients) gradient.dispose();
});

describe("adapters in PEFT's format", () => {
  test.each(['roberta-lora', 'gpt2-lora'])('%s, written by PEFT, gives its logits', async (name) => {
    const given = textCase(name);
    const base = new Map([...formulaWeights(given)].filter(([key]) => !/lora_|classifier/.test(key)));
    const model = own(createTiny(given));
    await loadWeights(model, base, { replaceHead: true });
    await loadAdapter(model, testdata(name));
    tf.tidy(() => {
      expect(error(logitsOf(model, tinyInputs(given)), given.evalLogits)).toBeLessThan(2e-5);
    });
  });

  test.each(['roberta-lora', 'gpt2-lora'])('%s comes out as it went in', async (name) => {
    const given = textCase(name);
    const model = own(createTiny(given));
    await loadAdapter(model, testdata(name));
    await saveAdapter(model, await temporary());
    const file = 'adapter_model.safetensors';
    const [before, after] = await Promise.all(
      [testdata(name), await temporary()].map((path) => readTensors(join(path, file))),
    );
    expect(after).toEqual(before);
    const [theirs, ours] = await Promise.all(
      [testdata(name), await temporary()].map(async (path) =>
        JSON.parse(await readFile(join(path, 'adapter_config.json'), 'utf8')),
      ),
    );
    const { target_modules: targets, ...rest } = theirs;
    expect(new Set(ours.target_modules)).toEqual(new Set(targets)); // PEFT writes a set
    const keys = ['peft_type', 'task_type', 'r', 'lora_alpha', 'lora_dropout', 'bias', 'fan_in_fan_out'];
    for (const key of keys) expect([key, ours[key]]).toEqual([key, rest[key]]);
  });

  test('of queries and values alone are written as one of the whole projection, and read back', async () => {
    const given = textCase('gpt2-language');
    const parts = { peft: 'lora', lora_r: 2, lora_alpha: 6 } as const;
    const make = async (peft: Partial<PeftOptions>) => {
      const model = own(createTinyGpt2(peft));
      await loadWeights(model, formulaWeights(given));
      return model;
    };
    const source = await make(parts);
    for (const [i, parameter] of source.peft!.added.entries()) {
      parameter.assign(tf.randomNormal([...parameter.shape], 0, 1, 'float32', i + 1));
    }
    await saveAdapter(source, await temporary());
    const whole = await make({ peft: 'lora', lora_r: 4, lora_alpha: 12, lora_targets: ['c_attn'] });
    const again = await make(parts);
    await loadAdapter(whole, await temporary());
    await loadAdapter(again, await temporary());
    tf.tidy(() => {
      const expected = [...logitsOf(source, tinyInputs(given))];
      expect(error(expected, given.evalLogits)).toBeGreaterThan(0.01);
      for (const model of [whole, again])
        expect(error(logitsOf(model, tinyInputs(given)), expected)).toBeLessThan(1e-5);
    });
    // an update of the whole projection is not one of its parts
    for (const parameter of whole.peft!.added) parameter.assign(tf.ones([...parameter.shape]));
    await saveAdapter(whole, await temporary());
    await expect(loadAdapter(again, await temporary())).rejects.toThrow(/is not one of its parts q, v alone/);
  });

  test('of another rank, or for a model without adapters, are refused', async () => {
    const given = textCase('roberta-lora');
    const path = testdata('roberta-lora');
    const other = own(
      createTiny(given, { peft: 'lora', lora_r: 8, lora_alpha: 6, lora_targets: ['query', 'value'] }),
    );
    await expect(loadAdapter(other, path)).rejects.toThrow(
      /has r 3 and lora_alpha 6; .* Create it with lora_r 3/,
    );
    await expect(loadAdapter(own(createTiny(given, {})), path)).rejects.toThrow(/create it with peft: lora/);
    await expect(loadAdapter(other, '/nowhere')).rejects.toThrow(
      '/nowhere/adapter_config.json: no such file',
    );
  });
});

async function readTensors(path: string) {
  const entries = await readWeights(path);
  return Object.fromEntries(
    await Promise.all(
      [...entries].sort().map(async ([name, { shape, read }]) => [name, [shape, await read()]]),
    ),
  );
}
