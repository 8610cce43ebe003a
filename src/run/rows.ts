import { metrics as metricRegistry } from '../metrics/registry.js';
import type { MetricsRow } from './columns.js';
import type { CsvTable } from './csv-read.js';
import type { StepOutcome } from './method.js';
import { finalLoss, type RunSummary } from './summary.js';

/** A row of metrics.csv, task columns included. */
export function metricsRow(
  step: number,
  epoch: number,
  outcome: StepOutcome,
  dataMs: number,
  peakTensorBytes: number,
): MetricsRow & Record<string, number | string | undefined> {
  const { probe } = outcome;
  return {
    step,
    epoch,
    loss: outcome.loss,
    lr: outcome.learningRate,
    effective_lr: outcome.effectiveLearningRate,
    grad_norm: outcome.gradNorm,
    forward_passes: outcome.forwardPasses,
    backward_passes: outcome.backwardPasses,
    train_ms: outcome.trainMs,
    probe_ms: outcome.probeMs,
    data_ms: dataMs + outcome.dataMs,
    peak_tensor_bytes: peakTensorBytes,
    loss_minus: probe?.lossMinus,
    loss_zero: probe?.lossZero,
    loss_plus: probe?.lossPlus,
    gg: probe?.gg,
    gg_se: probe?.ggSe,
    ghg: probe?.ghg,
    ghg_se: probe?.ghgSe,
    lr_star: probe?.lrStar,
    fit_r2: probe?.r2,
    probe_status: probe?.status,
    ...outcome.scores,
  };
}

/** What summary.json says, taken from the CSV files alone, so that a resumed run's equals an unbroken one's. */
export function summarise(
  run: Pick<RunSummary, 'name' | 'status' | 'stopReason' | 'optimizer' | 'scheduler'> & {
    readonly stepsPerEpoch: number | undefined;
    readonly wallMs: number;
  },
  table: CsvTable,
  evaluations: CsvTable,
): RunSummary {
  const { stepsPerEpoch, wallMs, ...identity } = run;
  const total = (column: string) => table.numbers(column).reduce((sum, value) => sum + (value || 0), 0);
  const rates = table.numbers('effective_lr').filter((value) => !Number.isNaN(value));
  const statuses = table.strings('probe_status').filter((status) => status !== '');
  const byStatus: Record<string, number> = {};
  for (const status of statuses) byStatus[status] = (byStatus[status] ?? 0) + 1;
  const steps = table.length;
  return {
    ...identity,
    steps,
    epochs: stepsPerEpoch === undefined ? 0 : steps / stepsPerEpoch,
    ...evaluated(evaluations),
    finalLoss: finalLoss(table.numbers('loss'), stepsPerEpoch),
    forwardPasses: total('forward_passes'),
    backwardPasses: total('backward_passes'),
    time: {
      trainMs: total('train_ms'),
      probeMs: total('probe_ms'),
      dataMs: total('data_ms'),
      evalMs: evaluationMs(evaluations),
      wallMs,
    },
    effectiveLr: {
      first: rates[0] ?? Number.NaN,
      last: rates.at(-1) ?? Number.NaN,
      min: rates.length > 0 ? Math.min(...bounds(rates)) : Number.NaN,
      max: rates.length > 0 ? Math.max(...bounds(rates)) : Number.NaN,
    },
    probes: { total: statuses.length, accepted: (byStatus.ok ?? 0) + (byStatus.search ?? 0), byStatus },
  };
}

/** Smallest and largest; spreading a long array into Math.min overflows the stack. */
function bounds(values: Float64Array): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

function evaluated(table: CsvTable): Pick<RunSummary, 'final' | 'best'> {
  const final: Record<string, number> = {};
  const best: Record<string, { value: number; step: number }> = {};
  const steps = table.numbers('step');
  const values = table.numbers('value');
  const splits = table.strings('split');
  table.strings('metric').forEach((metric, i) => {
    const value = values[i]!;
    const name = summaryName(splits[i]!, metric);
    final[name] = value;
    const known = best[name];
    const better = metricRegistry[metric]?.better;
    if (!better) return; // a coordinate, say: no value is better than another
    const improves = known === undefined || (better === 'higher' ? value > known.value : value < known.value);
    if (improves) best[name] = { value, step: steps[i]! };
  });
  return { final, best };
}

/** The first split's metrics go by their own names, those of further splits by `<split>/<metric>`. */
function summaryName(split: string, metric: string): string {
  return split === 'test' || split === 'train' ? metric : `${split}/${metric}`;
}

/** An evaluation writes its time into every metric's row, for each split. */
function evaluationMs(table: CsvTable): number {
  const splits = table.strings('split');
  const steps = table.numbers('step');
  const times = table.numbers('eval_ms');
  const perStep = new Map<string, number>();
  steps.forEach((step, i) => {
    perStep.set(`${step} ${splits[i]}`, times[i]!);
  });
  return [...perStep.values()].reduce((sum, ms) => sum + ms, 0);
}
