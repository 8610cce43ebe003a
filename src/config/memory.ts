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
  /** While GeN probes: the weights before the step, and those at a point of the line. */
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
  const parts = {
    weights: bytes * counts.total,
    gradients: trained * (accumulates ? 2 : 1), // the sum so far and the next part of it
    optimizer: trained * stateSize(config),
    snapshots: config.scheduler.name === 'gen' ? 2 * trained : 0,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

function stateSize({ optimizer, scheduler }: Config): number {
  const { name, ...options } = scheduler;
  const definition = (schedulers as Readonly<Record<string, SchedulerDefinition>>)[name];
  if (definition?.kind === 'adaptive') return definition.stateSize(optimizer.name, options);
  const { name: base, ...baseOptions } = optimizer;
  return (optimizers[base] as OptimizerDefinition).stateSize(baseOptions);
}
