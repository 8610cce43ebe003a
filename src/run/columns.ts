/**
 * Columns of `metrics.csv` that every task writes, in their order; a task's own follow them. A row is one training
 * step. Counts and times are those of the step alone, not running totals.
 *
 * - `step` counts from 1; `epoch` is the epoch the step belongs to;
 * - `loss` is the training loss at the weights before the step; `lr` the learning rate the schedule asked for;
 *   `effective_lr` what really multiplied the update (η, or d·lr of a parameter-free method);
 * - `forward_passes`, `backward_passes`: passes over one logical batch, probes included;
 * - `train_ms`, `probe_ms`, `data_ms`: wall time of the step without its probe, of the probe, and of waiting for data;
 * - `loss_minus` … `fit_r2`: losses at the probe's points and the fitted parabola; `gg_se`, `ghg_se` are standard errors;
 * - `probe_status`: what became of the probe (empty: no probe in this step).
 */
export const METRICS_COLUMNS = [
  'step',
  'epoch',
  'loss',
  'lr',
  'effective_lr',
  'grad_norm',
  'forward_passes',
  'backward_passes',
  'train_ms',
  'probe_ms',
  'data_ms',
  'peak_tensor_bytes',
  'loss_minus',
  'loss_zero',
  'loss_plus',
  'gg',
  'gg_se',
  'ghg',
  'ghg_se',
  'lr_star',
  'fit_r2',
  'probe_status',
] as const;

type MetricsColumn = (typeof METRICS_COLUMNS)[number];

/** One row of `metrics.csv`: numbers (undefined: does not apply, written empty), and the probe's status. */
export type MetricsRow = { readonly step: number; readonly epoch: number; readonly loss: number } & {
  readonly [column in Exclude<MetricsColumn, 'step' | 'epoch' | 'loss' | 'probe_status'>]?: number;
} & { readonly probe_status?: string };

/**
 * Columns of `landscape.csv`: the mean loss at w − ξg for a step's update w' = w − ηg.
 *
 * - `point`: multiple s of ηg, −1 the weights after the step; `xi`: ξ = −s·η, with η the step's effective learning rate;
 * - `loss`: over the batch that the config names; `examples` its size;
 * - `parabola`: the value at `xi` of the parabola through the losses at the points −1, 0 and 1, as GeN fits it;
 * - `forward_ms`: wall time of the point's forward pass.
 */
export const LANDSCAPE_COLUMNS = [
  'step',
  'point',
  'xi',
  'loss',
  'parabola',
  'examples',
  'forward_ms',
] as const;

/** Columns of `eval.csv`: a row a metric and evaluation; `count` is the number of examples it was computed on. */
export const EVAL_COLUMNS = ['step', 'epoch', 'split', 'metric', 'value', 'count', 'eval_ms'] as const;

/** One row of `eval.csv`. */
export interface EvalRow {
  readonly step: number;
  readonly epoch: number;
  readonly split: string;
  readonly metric: string;
  readonly value: number;
  readonly count: number;
  readonly eval_ms: number;
}
