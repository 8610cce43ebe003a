import { readBatches } from '../data/loader.js';
import type { Dataset, Split } from '../data/types.js';
import { disposeAll } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import { mean } from '../gen/fit.js';
import type { Model } from '../models/types.js';
import type { SplitResults, Task } from '../tasks/task.js';
import type { EvalRow } from './columns.js';
import type { Method } from './method.js';
import type { Objective } from './objective.js';
import type { RunProfile } from './run-profile.js';

export interface Evaluation {
  readonly objective: Objective;
  readonly method: Method;
  readonly model: Model;
  readonly task: Task;
  /** Absent: the objective itself is evaluated, as its own one example. */
  readonly dataset: Dataset | undefined;
  readonly step: number;
  readonly epoch: number;
  readonly isFinal: boolean;
  /** The run's directory. */
  readonly directory: string;
  /** eval.csv */
  readonly file: { append(row: EvalRow): void };
  readonly profile?: RunProfile | undefined;
}

/** Several test splits together, where there are several. */
const OVERALL = 'overall';

/**
 * Evaluates the whole of every test split (or, without data, the objective itself) and appends a row a metric to
 * eval.csv. A data set with several test splits has a further split, `overall`: the metrics of all their examples.
 *
 * @returns the metrics of the first split by name
 */
export async function evaluate(evaluation: Evaluation): Promise<{ metrics: Record<string, number> }> {
  const { method, dataset } = evaluation;
  const averaged = method.averagedParameters();
  const splits: [string, Split | undefined][] = dataset
    ? [['test', dataset.test], ...Object.entries(dataset.furtherTests ?? {})]
    : [['train', undefined]];
  let first: Record<string, number> | undefined;
  const all: SplitResults[] = [];
  for (const [name, split] of splits) {
    const started = performance.now();
    const results = await splitResults(evaluation, split, averaged);
    const metrics = {
      ...metricsOf(evaluation.task, results),
      ...(split && (await furtherMetrics(evaluation, name, split, results, averaged))),
    };
    writeRows(evaluation, name, metrics, count(results), performance.now() - started);
    first ??= metrics;
    all.push(results);
  }
  if (averaged) disposeAll(averaged);
  if (all.length > 1) {
    const results = concatenate(all);
    writeRows(evaluation, OVERALL, metricsOf(evaluation.task, results), count(results), 0);
  }
  return { metrics: first ?? {} };
}

/** Every example's results, in the split's order. */
async function splitResults(
  { objective, profile }: Pick<Evaluation, 'objective' | 'profile'>,
  split: Split | undefined,
  averaged: readonly Tensor[] | undefined,
): Promise<SplitResults> {
  if (!split) {
    const { losses, scores } = objective.evaluate({}, averaged);
    return { loss: losses, ...scores };
  }
  const results: Record<string, Float64Array> = {};
  for await (const { indices, batch } of readBatches(split, objective.microBatchSize)) {
    const evaluateBatch = () => objective.evaluate(batch, averaged);
    const { losses, scores } = await (profile ? profile.batch(evaluateBatch) : evaluateBatch());
    for (const [name, values] of Object.entries({ loss: losses, ...scores })) {
      results[name] ??= new Float64Array(split.length);
      for (let i = 0; i < indices.length; i++) results[name][indices[i]!] = values[i]!;
    }
  }
  return results;
}

function metricsOf(task: Task, results: SplitResults): Record<string, number> {
  if (task.metrics) return task.metrics(results);
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, mean(values)]));
}

async function furtherMetrics(
  { task, model, objective, step, isFinal, directory }: Evaluation,
  splitName: string,
  split: Split,
  results: SplitResults,
  averaged: readonly Tensor[] | undefined,
): Promise<Record<string, number>> {
  if (!task.evaluate) return {};
  const { weights, dispose } = objective.weights(averaged);
  try {
    const batchSize = objective.microBatchSize;
    return await task.evaluate({
      ...{ model, weights, split, splitName, results, step, batchSize, isFinal, directory },
    });
  } finally {
    dispose();
  }
}

function writeRows(
  { step, epoch, file }: Evaluation,
  split: string,
  metrics: Readonly<Record<string, number>>,
  examples: number,
  evalMs: number,
): void {
  for (const [metric, value] of Object.entries(metrics)) {
    const row: EvalRow = { step, epoch, split, metric, value, count: examples, eval_ms: evalMs };
    file.append(row);
  }
}

function count(results: SplitResults): number {
  return Object.values(results)[0]?.length ?? 0;
}

function concatenate(parts: readonly SplitResults[]): SplitResults {
  return Object.fromEntries(
    Object.keys(parts[0] ?? {}).map((name) => [
      name,
      Float64Array.from(parts.flatMap((part) => Array.from(part[name] ?? []))),
    ]),
  );
}
