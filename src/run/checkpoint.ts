import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Parameter, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { currentPrecision, type Tensor } from '../engine/tf.js';
import { MissingError, UsageError } from '../errors.js';
import { openSafetensors } from '../formats/safetensors.js';
import { type TensorToWrite, writeSafetensors } from '../formats/safetensors-write.js';
import type { Model } from '../models/types.js';
import type { Method } from './method.js';

/** Raised when the meaning of a checkpoint's content changes. */
const CHECKPOINT_VERSION = 1;

const stateSchema = z.object({
  version: z.number(),
  /** Steps done. */
  step: z.number(),
  /** Hash of the resolved config that the run was started with. */
  configHash: z.string(),
  /** Loss of the first step: what «exploded» is measured against. */
  firstLoss: z.number(),
  /** Wall time of the run so far. */
  wallMs: z.number(),
  /** Numbers of the method: step counts, GeN's learning rate, Prodigy's d, … */
  scalars: z.record(z.string(), z.string()),
});

export type CheckpointState = Omit<z.output<typeof stateSchema>, 'version' | 'scalars'>;

const PREFIX = { parameters: 'parameters/', statistics: 'statistics/', method: 'method/' } as const;

/** Weights, statistics and the method's state in one file, replaced in one move: `checkpoint/latest.safetensors`. */
function checkpointPath(runDirectory: string): string {
  return join(runDirectory, 'checkpoint', 'latest.safetensors');
}

export async function saveCheckpoint(
  runDirectory: string,
  model: Model,
  method: Method,
  state: CheckpointState,
): Promise<void> {
  const { tensors, scalars } = method.state();
  const dtype = currentPrecision() === 'float64' ? 'F64' : 'F32';
  const entry = (name: string, tensor: Tensor): TensorToWrite => {
    const data = readFloats(tensor);
    const { shape } = tensor;
    tensor.dispose();
    return { name, dtype, shape, data };
  };
  const named = (prefix: string, parameters: readonly Parameter[]) => {
    const values = readAll(parameters);
    return parameters.map((parameter, i) => entry(prefix + parameter.name, values[i]!));
  };
  mkdirSync(join(runDirectory, 'checkpoint'), { recursive: true });
  await writeSafetensors(
    checkpointPath(runDirectory),
    [
      ...named(PREFIX.parameters, model.parameters),
      ...named(PREFIX.statistics, model.statistics),
      ...Object.entries(tensors).map(([name, tensor]) => entry(PREFIX.method + name, tensor)),
    ],
    {
      'gen-bench': JSON.stringify({ ...state, scalars: encodeScalars(scalars), version: CHECKPOINT_VERSION }),
    },
  );
}

/**
 * Restores model and method from the run's checkpoint.
 *
 * @returns the state it was saved with, or undefined when there is none
 * @throws UsageError for a checkpoint of another config or version; MissingError for a damaged one
 */
export async function restoreCheckpoint(
  runDirectory: string,
  configHash: string,
  model: Model,
  method: Method,
): Promise<CheckpointState | undefined> {
  const path = checkpointPath(runDirectory);
  if (!existsSync(path)) return undefined;
  const file = await openSafetensors(path);
  const state = parseState(path, file.metadata['gen-bench']);
  if (state.configHash !== configHash) {
    throw new UsageError(
      `${path} belongs to a run with another config. Resume it with its own config (${join(runDirectory, 'config.yaml')}), or start anew with --force.`,
    );
  }
  const read = async (name: string): Promise<Tensor> => {
    const found = file.tensors.get(name);
    if (!found) throw new MissingError(`${path} has no tensor "${name}". Start the run again with --force.`);
    return floatTensor((await found.read()) as Float32Array | Float64Array, [...found.shape]);
  };
  const restore = async (prefix: string, parameters: readonly Parameter[]) => {
    for (const parameter of parameters) {
      const value = await read(prefix + parameter.name);
      parameter.assign(value);
      value.dispose();
    }
  };
  await restore(PREFIX.parameters, model.parameters);
  await restore(PREFIX.statistics, model.statistics);
  const tensors: Record<string, Tensor> = {};
  for (const name of file.tensors.keys()) {
    if (name.startsWith(PREFIX.method)) tensors[name.slice(PREFIX.method.length)] = await read(name);
  }
  method.restore({ tensors, scalars: decodeScalars(state.scalars) });
  for (const tensor of Object.values(tensors)) tensor.dispose();
  return state;
}

function parseState(path: string, text: string | undefined): z.output<typeof stateSchema> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? '');
  } catch {
    throw new MissingError(`${path} is not a checkpoint of gen-bench. Start the run again with --force.`);
  }
  const version = (parsed as { version?: unknown } | null)?.version;
  if (version !== CHECKPOINT_VERSION) {
    throw new UsageError(
      `${path} has checkpoint version ${version}; this gen-bench reads version ${CHECKPOINT_VERSION}. Use the version that wrote it, or start again with --force.`,
    );
  }
  const state = stateSchema.safeParse(parsed);
  if (!state.success) throw new MissingError(`${path} is damaged: ${z.prettifyError(state.error)}`);
  return state.data;
}

/** JSON has no infinities and no NaN: numbers travel as text. */
function encodeScalars(scalars: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, String(value)]));
}

function decodeScalars(scalars: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(scalars).map(([name, text]) => [name, Number(text)]));
}
