import { resolveGenOptions } from '../gen/options.js';
import { optimizers } from '../optimizers/registry.js';
import type { OptimizerDefinition } from '../optimizers/types.js';
import { schedulers } from '../schedulers/registry.js';
import type { SchedulerDefinition } from '../schedulers/types.js';
import { parameterCounts } from './parameters.js';
import type { Config } from './schema.js';

/**
 * Memory of a run as far as the config alone tells it, in bytes. Activations are not in it: only running the model
 * shows them (column `peak_tensor_bytes` of metrics.csv), and with a large batch they are most of the whole.
 */
export interface MemoryEstimate {
  readonly weights: number;
  readonly gradients: number;
  /** What the optimizer keeps from step to step. */
  readonly optimizer: number;
  /** What the weights that GeN keeps while it probes add to the peak. */
  readonly snapshots: number;
  readonly total: number;
}

/** undefined where only the data tells the model's shape. */
export function estimateMemory(config: Config): MemoryEstimate | undefined {
  const counts = parameterCounts(config);
  if (!counts) return undefined;
  const { batch_size, micro_batch_size, precision } = config.train;
  const bytes = precision === 'float64' ? 8 : 4;
  const trained = bytes * counts.trainable;
  const accumulates = micro_batch_size !== null && micro_batch_size < batch_size;
  const gradients = accumulates ? 2 : 1; // the sum so far and the next part of it
  const parts = {
    weights: bytes * counts.total,
    gradients: trained * gradients,
    optimizer: trained * stateSize(config),
    snapshots: trained * Math.max(0, probeCopies(config) - gradients),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/**
 * The most copies of the trained weights' size that a probe step keeps beside the weights themselves: the weights before
 * the step with the gradient, then with those at every point of the line but its ends.
 */
function probeCopies({ scheduler }: Config): number {
  if (scheduler.name !== 'gen') return 0;
  const { points, moments, lr0 } = resolveGenOptions(scheduler);
  const between = points.filter((s) => s !== 0 && s !== -1).length;
  const made = lr0 === 'auto' ? Math.max(between, 2) : between; // the search ends with a parabola of its own
  return 1 + Math.max(1, made + (moments === 'twice' ? 1 : 0));
}

function stateSize({ optimizer, scheduler }: Config): number {
  const { name, ...options } = scheduler;
  const definition = (schedulers as Readonly<Record<string, SchedulerDefinition>>)[name];
  if (definition?.kind === 'adaptive') return definition.stateSize(optimizer.name, options);
  const { name: base, ...baseOptions } = optimizer;
  return (optimizers[base] as OptimizerDefinition).stateSize(baseOptions);
}
