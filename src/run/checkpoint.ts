import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { compileMode } from '../engine/compile.js';
import { type Parameter, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { currentPrecision, type Tensor } from '../engine/tf.js';
import { MissingError, UsageError } from '../errors.js';
import { openSafetensors } from '../formats/safetensors.js';
import { type TensorToWrite, writeSafetensors } from '../formats/safetensors-write.js';
import type { Model } from '../models/types.js';
import type { Method } from './method.js';

/** Raised when the meaning of a checkpoint's content changes. */
const CHECKPOINT_VERSION = 3;

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
  /** Rows of metrics.csv, eval.csv and landscape.csv. */
  rows: z.object({ metrics: z.number(), evaluations: z.number(), landscape: z.number().optional() }),
  /** How the compiled functions run, see `compileMode.decisions`. */
  compiled: z.record(z.string(), z.enum(['recorded', 'derived', 'eager'])),
  /** Of the tensors, in the order of their names. */
  sha256: z.string(),
  /** Numbers of the method: step counts, GeN's learning rate, Prodigy's d, … */
  scalars: z.record(z.string(), z.string()),
});

export type CheckpointState = Omit<
  z.output<typeof stateSchema>,
  'version' | 'scalars' | 'sha256' | 'compiled'
>;

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
  const entry = (name: string, tensor: Tensor) => {
    const data = readFloats(tensor);
    const { shape } = tensor;
    tensor.dispose();
    return { name, dtype, shape, data } satisfies TensorToWrite;
  };
  const named = (prefix: string, parameters: readonly Parameter[]) => {
    const values = readAll(parameters);
    return parameters.map((parameter, i) => entry(prefix + parameter.name, values[i]!));
  };
  const entries = [
    ...named(PREFIX.parameters, model.parameters),
    ...named(PREFIX.statistics, model.statistics),
    ...Object.entries(tensors).map(([name, tensor]) => entry(PREFIX.method + name, tensor)),
  ];
  const metadata = {
    ...state,
    scalars: encodeScalars(scalars),
    compiled: Object.fromEntries(compileMode.decisions),
    sha256: checksum(entries),
    version: CHECKPOINT_VERSION,
  };
  mkdirSync(join(runDirectory, 'checkpoint'), { recursive: true });
  await writeSafetensors(checkpointPath(runDirectory), entries, { 'gen-bench': JSON.stringify(metadata) });
}

interface NamedValues {
  readonly name: string;
  readonly data: Float32Array | Float64Array;
}

/** Names and bytes of all tensors: a bit that flipped on the disk would silently change the result. */
function checksum(entries: readonly NamedValues[]): string {
  const hash = createHash('sha256');
  for (const { name, data } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
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
  const { state, values } = await readCheckpoint(path);
  if (state.configHash !== configHash) {
    throw new UsageError(
      `${path} belongs to a run with another config. Resume it with its own config (${join(runDirectory, 'config.yaml')}), or start anew with --force.`,
    );
  }
  const tensorOf = (name: string): Tensor => {
    const found = values.get(name);
    if (!found) throw new MissingError(`${path} has no tensor "${name}". Start the run again with --force.`);
    return floatTensor(found.data, [...found.shape]);
  };
  const restore = (prefix: string, parameters: readonly Parameter[]) => {
    for (const parameter of parameters) {
      const value = tensorOf(prefix + parameter.name);
      parameter.assign(value);
      value.dispose();
    }
  };
  restore(PREFIX.parameters, model.parameters);
  restore(PREFIX.statistics, model.statistics);
  const tensors: Record<string, Tensor> = {};
  for (const name of values.keys()) {
    if (name.startsWith(PREFIX.method)) tensors[name.slice(PREFIX.method.length)] = tensorOf(name);
  }
  for (const [id, decision] of Object.entries(state.compiled)) compileMode.decisions.set(id, decision);
  method.restore({ tensors, scalars: decodeScalars(state.scalars) });
  for (const tensor of Object.values(tensors)) tensor.dispose();
  return state;
}

/**
 * The weights and statistics in a run's checkpoint, as they are in memory (not in PyTorch's layout).
 *
 * @throws MissingError where there is none or it is damaged
 */
export async function readTrainedWeights(
  runDirectory: string,
): Promise<
  ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array | Float64Array }>
> {
  const path = checkpointPath(runDirectory);
  if (!existsSync(path)) {
    throw new MissingError(
      `${runDirectory} has no checkpoint (expected ${path}). Run its config.yaml to make one.`,
    );
  }
  const { values } = await readCheckpoint(path);
  const own = [PREFIX.parameters, PREFIX.statistics];
  return new Map(
    [...values].flatMap(([name, value]) => {
      const prefix = own.find((start) => name.startsWith(start));
      return prefix === undefined ? [] : [[name.slice(prefix.length), value] as const];
    }),
  );
}

/** The whole file, checked before anything of it is used. */
async function readCheckpoint(path: string): Promise<{
  readonly state: z.output<typeof stateSchema>;
  readonly values: ReadonlyMap<string, NamedValues & { readonly shape: readonly number[] }>;
}> {
  try {
    const file = await openSafetensors(path);
    const state = parseState(path, file.metadata['gen-bench']);
    const values = new Map<string, NamedValues & { readonly shape: readonly number[] }>();
    for (const [name, { shape, read }] of file.tensors) {
      values.set(name, { name, shape, data: (await read()) as Float32Array | Float64Array });
    }
    if (checksum([...values.values()]) !== state.sha256) {
      throw new MissingError(`${path}: its content does not match its checksum`);
    }
    return { state, values };
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    throw new MissingError(
      `the checkpoint is damaged, so the run cannot go on: ${error.message.replace(/ The file is damaged.*$/s, '')} Start it again with --force.`,
    );
  }
}

function parseState(path: string, text: string | undefined): z.output<typeof stateSchema> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? '');
  } catch {
    throw new MissingError(`${path} is not a checkpoint of gen-bench.`);
  }
  const version = (parsed as { version?: unknown } | null)?.version ?? 'none';
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
