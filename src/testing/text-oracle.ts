import { readFileSync } from 'node:fs';
import { readAll } from '../engine/parameters.js';
import { type Tensor, tf } from '../engine/tf.js';
import { elementCount } from '../formats/dtype.js';
import { defineBert } from '../models/bert.js';
import { gpt2_mini } from '../models/gpt2.js';
import { Scope } from '../models/layers/scope.js';
import type { PeftOptions } from '../models/peft.js';
import type { LanguageModel, Model } from '../models/types.js';
import type { WeightSource } from '../models/weights.js';
import { type Digest, noise } from './model-oracle.js';

export interface TextCase {
  name: string;
  kind: 'bert' | 'roberta' | 'gpt2';
  classes: number;
  lora: { r: number; lora_alpha: number; target_modules: string[] } | null;
  ids: number[];
  mask?: number[];
  tokenTypes?: number[];
  shapes: Record<string, number[]>;
  evalLogits: number[];
  /** Calls of dropout in one training pass. */
  dropouts: number;
  loss: number;
  /** In training, with dropout by the formula. */
  gradients: Record<string, Digest>;
}

/** Made by scripts/oracles/text.py with transformers and PEFT. */
export const textOracle = JSON.parse(
  readFileSync(new URL('../models/testdata/text.json', import.meta.url), 'utf8'),
) as {
  batch: number;
  length: number;
  dropout: number;
  sizes: Record<'width' | 'depth' | 'heads' | 'hidden' | 'vocab' | 'positions', number>;
  cases: TextCase[];
};

export function textCase(name: string): TextCase {
  const found = textOracle.cases.find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
}

/** The tiny model of a case, with `peft` instead of its own adapters where given. */
export function createTiny(
  { kind, classes, lora }: Pick<TextCase, 'kind' | 'classes' | 'lora'>,
  peft: Partial<PeftOptions> = lora
    ? {
        peft: 'lora',
        lora_r: lora.r,
        lora_alpha: lora.lora_alpha,
        lora_targets: lora.target_modules,
        lora_dropout: textOracle.dropout,
      }
    : {},
): Model {
  const { width, depth, heads, hidden, vocab, positions } = textOracle.sizes;
  const context = { seed: 0, ...(classes > 0 && { numClasses: classes }) };
  const { dropout } = textOracle;
  if (kind === 'gpt2') {
    const size = { width, depth, heads, vocab_size: vocab, positions };
    return gpt2_mini.create(gpt2_mini.options.parse({ ...size, dropout, ...peft }), context);
  }
  const shape = { width, depth, heads, hidden, vocabSize: vocab, maxPositions: positions };
  const rest =
    kind === 'bert'
      ? ({ tokenTypes: 2, epsilon: 1e-12, paddingIndex: 0, positions: 'bert' } as const)
      : ({ tokenTypes: 1, epsilon: 1e-5, paddingIndex: 1, positions: 'roberta' } as const);
  const definition = defineBert({ ...shape, ...rest, name: kind, prefix: kind }, '');
  return definition.create(definition.options.parse({ dropout, ...peft }), context);
}

export function createTinyGpt2(peft: Partial<PeftOptions> = {}): LanguageModel {
  return createTiny(textCase('gpt2-language'), peft) as LanguageModel;
}

/** The oracle script's formula. */
export function formulaWeights({
  shapes,
}: Pick<TextCase, 'shapes'>): Map<string, ReturnType<WeightSource['get']> & object> {
  const values = (stream: number, name: string, shape: number[]) => {
    const random = noise(stream, elementCount(shape));
    if (shape.length > 1) return random.map((x) => x * Math.sqrt(24 / elementCount(shape.slice(1))));
    return random.map((x) => (name.endsWith('weight') ? 1 + 0.4 * x : 0.4 * x));
  };
  return new Map(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      { shape, read: async () => Float32Array.from(values(i, name, shape)) },
    ]),
  );
}

/** The case's batch as int32 [B, T]. */
export function tinyInputs({ ids, mask, tokenTypes }: TextCase): Record<string, Tensor> {
  const tensor = (values: number[]) => tf.tensor2d(values, [textOracle.batch, textOracle.length], 'int32');
  return {
    ids: tensor(ids),
    ...(mask && { mask: tensor(mask) }),
    ...(tokenTypes && { tokenTypes: tensor(tokenTypes) }),
  };
}

/** Logits without dropout. */
export function evaluate(model: Model, inputs: Record<string, Tensor>): Tensor {
  return tf.tidy(() =>
    model.forward(new Scope(model.parameters, readAll(model.parameters), { training: false }), inputs),
  );
}
