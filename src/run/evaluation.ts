import { sequentialBatches } from '../data/loader.js';
import type { Split } from '../data/types.js';
import { disposeAll } from '../engine/parameters.js';
import { mean } from '../gen/fit.js';
import type { EvalRow } from './columns.js';
import type { CsvFile } from './csv.js';
import type { Method } from './method.js';
import type { Objective } from './objective.js';

/** Examples read at once; the objective cuts them into physical batches. */
const READ_SIZE = 500;

/**
 * Evaluates the whole test split (or, without data, the objective itself) and appends a row a metric to eval.csv.
 *
 * @returns the metrics by name: `loss` and the task's scores, means over all examples
 */
export async function evaluate(
  objective: Objective,
  method: Method,
  split: Split | undefined,
  at: { readonly step: number; readonly epoch: number },
  file: CsvFile,
): Promise<{ metrics: Record<string, number>; evalMs: number }> {
  const started = performance.now();
  const averaged = method.averagedParameters();
  const columns: Record<string, Float64Array[]> = {};
  const batches = split ? sequentialBatches(split, READ_SIZE) : [{}];
  for await (const batch of batches) {
    const { losses, scores } = objective.evaluate(batch, averaged);
    for (const [name, values] of Object.entries({ loss: losses, ...scores })) {
      columns[name] ??= [];
      columns[name].push(values);
    }
  }
  if (averaged) disposeAll(averaged);
  const evalMs = performance.now() - started;
  const metrics: Record<string, number> = {};
  for (const [name, parts] of Object.entries(columns)) {
    const count = parts.reduce((sum, part) => sum + part.length, 0);
    metrics[name] = parts.reduce((sum, part) => sum + mean(part) * part.length, 0) / count;
    const row: EvalRow = {
      ...at,
      split: split ? 'test' : 'train',
      metric: name,
      value: metrics[name],
      count,
      eval_ms: evalMs,
    };
    file.append({ ...row });
  }
  return { metrics, evalMs };
}
