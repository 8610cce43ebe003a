import { availableParallelism } from 'node:os';
import { estimateMemory } from '../config/memory.js';
import type { Config } from '../config/schema.js';

/** Cores that a run makes good use of; what more of them bring, another run beside it brings more of. */
const CORES_PER_RUN = 4;
/** Node, TensorFlow and its recorded graphs before the first weight. */
const PROCESS_BYTES = 0.7e9;
/** Set aside for activations and data, which the config alone does not tell. */
const ACTIVATION_BYTES = 2e9;

export interface Machine {
  readonly cores: number;
  /** Memory that is free, within the limits of a container. */
  readonly freeBytes: number;
}

/** This machine as it is now. */
export function thisMachine(): Machine {
  return { cores: availableParallelism(), freeBytes: process.availableMemory() };
}

/**
 * How many runs of a sweep go at once where nobody says: as many as have four cores each and fit into memory, at least
 * one. Memory is an estimate by the largest config (see `estimateMemory`) with room for activations; models that need
 * more room than that, or runs whose times are to be compared, want `--jobs` of their own.
 */
export function defaultJobs(configs: readonly Config[], machine: Machine): number {
  const distinct = new Map(configs.map((config) => [sizeKey(config), config]));
  const counted = [...distinct.values()].map((config) => estimateMemory(config)?.total ?? 0);
  const runBytes = PROCESS_BYTES + ACTIVATION_BYTES + Math.max(0, ...counted);
  const byCores = Math.floor(machine.cores / CORES_PER_RUN);
  const byMemory = Math.floor(machine.freeBytes / runBytes);
  return Math.max(1, Math.min(configs.length, byCores, byMemory));
}

/** Equal for configs that differ in nothing that costs memory, as most of a sweep's do. */
function sizeKey({ model, dataset, optimizer, scheduler, train }: Config): string {
  const { batch_size, micro_batch_size, precision } = train;
  return JSON.stringify([
    ...[model, dataset, { ...optimizer, lr: 0 }, scheduler.name],
    ...[batch_size, micro_batch_size, precision],
  ]);
}
