import { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import { UsageError } from '../errors.js';
import type { ParameterBuilder } from './layers/builder.js';
import type { Linear } from './layers/linear.js';
import { Lora } from './layers/lora.js';

/*
 * Parameter-efficient training: which parameters of a model are trained, and low-rank ones added to it. A frozen
 * parameter has no gradient and no optimizer state, and GeN's probes share it.
 */

/** Options of models that can be trained so; part of their config. Defaults are those of the PEFT library. */
export const peftShape = {
  peft: z
    .enum(['full', 'lora', 'bitfit'])
    .default('full')
    .describe('what is trained: everything, low-rank updates, or the biases; a classifier always'),
  lora_r: z.int().min(1).default(8).describe('rank of the updates'),
  lora_alpha: z.number().positive().default(8).describe('updates are scaled by lora_alpha / lora_r'),
  lora_dropout: z.number().min(0).lt(1).default(0).describe("of the updates' inputs"),
  lora_targets: z
    .array(z.string())
    .min(1)
    .nullable()
    .default(null)
    .describe('names of the layers that are updated; null: queries and values'),
  freeze: z
    .array(z.string())
    .default([])
    .describe('beginnings of the names of parameters that stay as they are'),
};

const peftSchema = z.strictObject(peftShape);
export type PeftOptions = Readonly<z.output<typeof peftSchema>>;

/** How a model is trained in part. */
export interface Peft {
  readonly method: PeftOptions['peft'];
  readonly options: PeftOptions;
  /** LoRA's layers by their path in the model. */
  readonly adapters: ReadonlyMap<string, Lora>;
  /** Parameters that no published checkpoint has. */
  readonly added: readonly Parameter[];
}

/**
 * Decides which of the builder's parameters are trained, adding LoRA's. Call it when all layers are made.
 *
 * LoRA trains its A and B, BitFit (Ben Zaken et al. 2022, arXiv:2106.10199) every bias; both train `head` as well.
 *
 * @param defaultTargets layers that LoRA updates where `lora_targets` names none: the last parts of their paths, for a
 *   slice of a fused projection followed by its name (`c_attn.q`)
 * @throws UsageError when a target or a frozen name is not in the model
 */
export function applyPeft(
  builder: ParameterBuilder,
  options: PeftOptions,
  {
    head,
    defaultTargets,
  }: { readonly head: readonly Parameter[]; readonly defaultTargets: readonly string[] },
): Peft {
  const { peft: method, freeze } = options;
  const before = builder.parameters.length;
  const adapters =
    method === 'lora' ? addAdapters(builder, options, options.lora_targets ?? defaultTargets) : new Map();
  const added = builder.parameters.slice(before);
  const always = new Set([...head, ...added]);
  for (const parameter of builder.parameters) {
    const chosen = method === 'full' || (method === 'bitfit' && parameter.name.endsWith('.bias'));
    parameter.trainable = chosen || always.has(parameter);
  }
  for (const start of freeze) freezeAll(builder.parameters, start);
  return { method, options, adapters, added };
}

function freezeAll(parameters: readonly Parameter[], start: string): void {
  const frozen = parameters.filter(({ name }) => name.startsWith(start));
  if (frozen.length === 0) {
    const some = [...new Set(parameters.map(({ name }) => name.split('.').slice(0, 2).join('.')))];
    throw new UsageError(`model.freeze: no parameter begins with '${start}'; there are ${some.join(', ')}.`);
  }
  for (const parameter of frozen) parameter.trainable = false;
}

function addAdapters(
  builder: ParameterBuilder,
  { lora_r: rank, lora_alpha: alpha, lora_dropout: dropout }: PeftOptions,
  targets: readonly string[],
): Map<string, Lora> {
  const adapters = new Map<string, Lora>();
  const unused = new Set(targets);
  for (const [path, layer] of builder.linears) {
    const named = new Map(targets.map((target) => [target, partOf(path, layer, target)]));
    const parts = new Set([...named.values()].filter((part) => part !== undefined));
    if (parts.size === 0) continue;
    for (const [target, part] of named) if (part !== undefined) unused.delete(target);
    const { inputs, outputs } = layer;
    const adapted = parts.has('') ? [] : layer.parts.filter((part) => parts.has(part));
    const transposed = layer.weight.layout === 'same';
    const shape = { inputs, outputs, transposed, parts: layer.parts, adapted };
    layer.lora = new Lora(builder.at(path), shape, { rank, alpha, dropout });
    adapters.set(path, layer.lora);
  }
  if (unused.size > 0) {
    const names = [...builder.linears].flatMap(([path, { parts }]) => {
      const last = path.split('.').at(-1)!;
      return [last, ...parts.map((part) => `${last}.${part}`)];
    });
    throw new UsageError(
      `model.lora_targets: no layer is named ${[...unused].join(', ')}; there are ${[...new Set(names)].join(', ')}.`,
    );
  }
  return adapters;
}

/** The part of the layer that a target names, '' for the whole of it, undefined for another layer. */
function partOf(path: string, { parts }: Linear, target: string): string | undefined {
  const isCalled = (name: string) => path === name || path.endsWith(`.${name}`);
  if (isCalled(target)) return '';
  return parts.find((part) => target.endsWith(`.${part}`) && isCalled(target.slice(0, -`.${part}`.length)));
}

/** Numbers of elements. `adapted` leaves the classifier out, as the tables of the LoRA and BitFit papers do. */
export interface ParameterCounts {
  readonly total: number;
  readonly trainable: number;
  readonly adapted: number;
}

export function countParameters(model: {
  readonly parameters: readonly Parameter[];
  readonly head: readonly Parameter[];
}): ParameterCounts {
  const head = new Set(model.head);
  const sum = (parameters: readonly Parameter[]) => parameters.reduce((total, { size }) => total + size, 0);
  const trainable = model.parameters.filter((parameter) => parameter.trainable);
  return {
    total: sum(model.parameters),
    trainable: sum(trainable),
    adapted: sum(trainable.filter((parameter) => !head.has(parameter))),
  };
}
