import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { EVAL_COLUMNS, type EvalRow, METRICS_COLUMNS, type MetricsRow } from '../run/columns.js';
import { CsvFile } from '../run/csv.js';
import { type RunSummary, writeSummary } from '../run/summary.js';

interface FakeRun {
  readonly model?: Record<string, unknown>;
  readonly dataset?: Record<string, unknown>;
  readonly optimizer?: Record<string, unknown>;
  readonly scheduler?: Record<string, unknown>;
  readonly train?: Record<string, unknown>;
  readonly config?: Record<string, unknown>;
  readonly seed?: number;
  /** null: no summary.json, as of a killed run. */
  readonly summary?: Partial<RunSummary> | null;
  readonly accuracy?: number;
  readonly metrics?: readonly (MetricsRow & Record<string, number | string>)[];
  readonly evals?: readonly EvalRow[];
}

/** The resolved config that `fakeRun` writes. */
export function fakeConfig(options: FakeRun): Record<string, unknown> {
  return {
    name: 'fake',
    task: 'classification',
    model: { name: 'resnet8', ...options.model },
    dataset: { name: 'digits', ...options.dataset },
    optimizer: { name: 'sgd', lr: 0.1, momentum: 0.9, ...options.optimizer },
    scheduler: { name: 'gen', preset: 'authors', phi: 4, ...options.scheduler },
    train: { epochs: 3, batch_size: 200, seed: options.seed ?? 0, ...options.train },
    eval: { every: 'epoch' },
    ...options.config,
  };
}

/** Writes a run's directory with the files of the contract, without training anything. */
export function fakeRun(dir: string, options: FakeRun = {}): string {
  mkdirSync(dir, { recursive: true });
  const config = fakeConfig(options);
  writeFileSync(join(dir, 'config.yaml'), stringify(config));
  const own = Object.keys(options.metrics?.[0] ?? {}).filter(
    (name) => !(METRICS_COLUMNS as readonly string[]).includes(name),
  );
  const metrics = CsvFile.create(join(dir, 'metrics.csv'), [...METRICS_COLUMNS, ...own]);
  for (const row of options.metrics ?? []) metrics.append(row);
  metrics.close();
  const evals = CsvFile.create(join(dir, 'eval.csv'), EVAL_COLUMNS);
  for (const row of options.evals ?? []) evals.append({ ...row });
  evals.close();
  if (options.summary !== null) {
    writeSummary(join(dir, 'summary.json'), {
      name: 'fake',
      status: 'done',
      steps: 120,
      epochs: 3,
      final: { accuracy: options.accuracy ?? 0.9 },
      best: { accuracy: { value: options.accuracy ?? 0.9, step: 120 } },
      finalLoss: 0.25,
      forwardPasses: 150,
      backwardPasses: 120,
      time: { trainMs: 10_000, probeMs: 1_500, dataMs: 500, evalMs: 1_000, wallMs: 15_000 },
      effectiveLr: { first: 0.1, last: 0.05, min: 0.05, max: 0.1 },
      probes: { total: 30, accepted: 28, byStatus: { ok: 28, 'not-convex': 2 } },
      stopReason: 'all 120 steps done',
      optimizer: String((config.optimizer as { name: string }).name),
      scheduler: String((config.scheduler as { name: string }).name),
      ...options.summary,
    });
  }
  return dir;
}
