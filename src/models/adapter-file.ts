/**
 * Reads and writes what LoRA trains in the format of the PEFT library: a folder with `adapter_config.json` and
 * `adapter_model.safetensors`, whose names are the base model's after `base_model.model.`.
 *
 * PEFT knows no updates of single slices of a fused projection (GPT-2's queries and values in `c_attn`). They are
 * written as one update of the whole layer that means the same: the slices' A one above the other, their B in blocks
 * with zeros elsewhere, rank and alpha times the number of slices.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MissingError, UsageError } from '../errors.js';
import { damaged, readWhole } from '../formats/files.js';
import { type TensorToWrite, writeSafetensors } from '../formats/safetensors-write.js';
import { readWeights } from '../formats/weights.js';
import type { Lora } from './layers/lora.js';
import type { Peft } from './peft.js';
import type { Model } from './types.js';
import { exportWeights, loadWeights, type WeightSource } from './weights.js';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
/** Before PEFT wrote safetensors. */
const OLD_WEIGHTS = 'adapter_model.bin';
const PREFIX = 'base_model.model.';

/**
 * Writes what a model made with `peft: lora` trains, its classifier included.
 *
 * @throws UsageError for a model without LoRA
 */
export async function saveAdapter(model: Model, folder: string): Promise<void> {
  const peft = loraOf(model);
  const tensors = new Map(exportWeights(trainedPart(model, peft)).map((tensor) => [tensor.name, tensor]));
  for (const [layer, lora] of peft.adapters) {
    const joined = joinBlocks(layer, lora, tensors);
    for (const { a, b } of lora.blocks) for (const { name } of [a, b]) tensors.delete(name);
    for (const tensor of joined) tensors.set(tensor.name, tensor);
  }
  await mkdir(folder, { recursive: true });
  const named = [...tensors.values()].map((tensor) => ({ ...tensor, name: PREFIX + tensor.name }));
  await writeSafetensors(join(folder, WEIGHTS), named, { format: 'pt' });
  await writeFile(join(folder, CONFIG), `${JSON.stringify(configOf(model, peft), null, 2)}\n`);
}

/**
 * Gives a model made with `peft: lora` the parameters that such a folder holds.
 *
 * @throws MissingError when a file is absent, damaged, of another kind of adapter, or for other layers; UsageError when
 *   rank or alpha differ from the model's
 */
export async function loadAdapter(model: Model, folder: string): Promise<void> {
  const peft = loraOf(model);
  const config = await readConfig(join(folder, CONFIG));
  const path = [WEIGHTS, OLD_WEIGHTS].map((name) => join(folder, name)).find((file) => existsSync(file));
  if (!path)
    throw new MissingError(`${join(folder, WEIGHTS)}: no such file. Give the folder that PEFT saved.`);
  const weights = new Map(
    [...(await readWeights(path))].map(([name, entry]) => [
      name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name,
      entry as Entry,
    ]),
  );
  for (const [layer, lora] of peft.adapters) {
    checkScale(path, layer, lora, config);
    const apart = await takeApart(path, layer, lora, weights);
    for (const name of [`${layer}.lora_A.weight`, `${layer}.lora_B.weight`]) weights.delete(name);
    for (const [name, entry] of apart) weights.set(name, entry);
  }
  await loadWeights(trainedPart(model, peft), weights, { source: path });
}

type Entry = NonNullable<ReturnType<WeightSource['get']>>;

function loraOf(model: Model): Peft {
  if (model.peft?.method === 'lora') return model.peft;
  throw new UsageError(`${model.name} has no adapters: create it with peft: lora (model.peft=lora).`);
}

/** The model as far as an adapter file holds it. */
function trainedPart(model: Model, { added }: Peft): Model {
  const parameters = [...added, ...model.head];
  return { name: model.name, parameters, statistics: [], head: [], forward: model.forward, dispose() {} };
}

/** A [blocks · rank, inputs] and B [outputs, blocks · rank] of a layer, in PyTorch's layout. */
function joinBlocks(layer: string, lora: Lora, tensors: ReadonlyMap<string, TensorToWrite>): TensorToWrite[] {
  const { inputs, outputs } = lora.shape;
  const { rank } = lora.options;
  const total = lora.blocks.length * rank;
  const a = new Float32Array(total * inputs);
  const b = new Float32Array(outputs * total);
  lora.blocks.forEach((block, i) => {
    a.set(tensors.get(block.a.name)!.data as Float32Array, i * rank * inputs);
    const part = tensors.get(block.b.name)!.data as Float32Array; // [width, rank]
    for (let j = 0; j < part.length; j++) {
      const row = block.offset + Math.floor(j / rank);
      b[row * total + i * rank + (j % rank)] = part[j]!;
    }
  });
  return [
    { name: `${layer}.lora_A.weight`, dtype: 'F32', shape: [total, inputs], data: a },
    { name: `${layer}.lora_B.weight`, dtype: 'F32', shape: [outputs, total], data: b },
  ];
}

/** The reverse of `joinBlocks`: every block's own A and B. */
async function takeApart(
  path: string,
  layer: string,
  lora: Lora,
  weights: WeightSource,
): Promise<Map<string, Entry>> {
  const { inputs, outputs } = lora.shape;
  const { rank } = lora.options;
  const total = lora.blocks.length * rank;
  const read = async (name: string, shape: number[]) => {
    const entry = weights.get(name);
    if (entry?.shape.join() !== shape.join()) {
      const found = entry ? `is [${entry.shape}]` : 'is not there';
      throw new MissingError(
        `${path}: ${PREFIX + name} ${found}, the model's is [${shape}]. Create the model with the lora_targets and lora_r of its ${CONFIG}.`,
      );
    }
    return Float64Array.from((await entry.read()) as ArrayLike<number>);
  };
  const a = await read(`${layer}.lora_A.weight`, [total, inputs]);
  const b = await read(`${layer}.lora_B.weight`, [outputs, total]);
  const apart = new Map<string, Entry>();
  let nonzero = 0;
  lora.blocks.forEach((block, i) => {
    const width = block.b.shape[1]!;
    const part = Float64Array.from({ length: width * rank }, (_, j) => {
      const row = block.offset + Math.floor(j / rank);
      return b[row * total + i * rank + (j % rank)]!;
    });
    for (const value of part) if (value !== 0) nonzero++;
    const rows = a.subarray(i * rank * inputs, (i + 1) * rank * inputs);
    apart.set(block.a.name, { shape: [rank, inputs], read: async () => rows });
    apart.set(block.b.name, { shape: [width, rank], read: async () => part });
  });
  if (b.filter((value) => value !== 0).length !== nonzero) {
    throw new MissingError(
      `${path}: the update of ${layer} is not one of its parts ${lora.shape.adapted.join(', ')} alone. Create the model with lora_targets: [${layer.split('.').at(-1)}].`,
    );
  }
  return apart;
}

/** What matters of PEFT's config; variants of LoRA that compute something else are refused. */
const configSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.int().min(1),
  lora_alpha: z.number(),
  rank_pattern: z.record(z.string(), z.number()).default({}),
  alpha_pattern: z.record(z.string(), z.number()).default({}),
  bias: z.literal('none').default('none'),
  use_rslora: z.literal(false).default(false),
  use_dora: z.literal(false).default(false),
  lora_bias: z.literal(false).default(false),
});
type AdapterConfig = z.output<typeof configSchema>;

async function readConfig(path: string): Promise<AdapterConfig> {
  const text = (await readWhole(path)).toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(path, 'is not JSON');
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success)
    throw damaged(path, `is no LoRA adapter that can be read: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Patterns are matched against the ends of paths, as PEFT does. */
function checkScale(path: string, layer: string, lora: Lora, config: AdapterConfig): void {
  const own = (pattern: Readonly<Record<string, number>>) =>
    Object.entries(pattern).find(([key]) => layer === key || layer.endsWith(`.${key}`))?.[1];
  const rank = own(config.rank_pattern) ?? config.r;
  const alpha = own(config.alpha_pattern) ?? config.lora_alpha;
  const blocks = lora.blocks.length;
  const { rank: wantedRank, alpha: wantedAlpha } = lora.options;
  if (rank === blocks * wantedRank && alpha === blocks * wantedAlpha) return;
  throw new UsageError(
    `${path}: the update of ${layer} has r ${rank} and lora_alpha ${alpha}; the model was made for ${blocks * wantedRank} and ${blocks * wantedAlpha}. ` +
      `Create it with lora_r ${rank / blocks} and lora_alpha ${alpha / blocks}.`,
  );
}

function configOf(model: Model, { adapters, options }: Peft) {
  const layers = [...adapters];
  const blocksOf = (lora: Lora) => lora.blocks.length;
  const most = Math.max(...layers.map(([, lora]) => blocksOf(lora)));
  const fewer = layers.filter(([, lora]) => blocksOf(lora) < most);
  const pattern = (value: number) =>
    Object.fromEntries(fewer.map(([layer, lora]) => [layer, blocksOf(lora) * value]));
  const isLanguageModel = 'decode' in model;
  const classifier = [...new Set(model.head.map(({ name }) => name.split('.')[0]!))];
  return {
    peft_type: 'LORA',
    task_type: classifier.length > 0 ? 'SEQ_CLS' : isLanguageModel ? 'CAUSAL_LM' : 'FEATURE_EXTRACTION',
    base_model_name_or_path: model.name,
    r: most * options.lora_r,
    lora_alpha: most * options.lora_alpha,
    lora_dropout: options.lora_dropout,
    rank_pattern: pattern(options.lora_r),
    alpha_pattern: pattern(options.lora_alpha),
    target_modules: [...new Set(layers.map(([layer]) => layer.split('.').at(-1)!))],
    modules_to_save: classifier.length > 0 ? classifier : null,
    bias: 'none',
    fan_in_fan_out: layers.some(([, lora]) => lora.shape.transposed),
    inference_mode: true,
    init_lora_weights: true,
  };
}
