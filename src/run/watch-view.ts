import { formatDuration } from '../duration.js';
import type { LockOwner } from '../lock-file.js';
import { sparkline } from '../sparkline.js';
import { ownerText } from './status.js';

/** What `gen-bench watch` knows of a run. */
export interface WatchState {
  readonly dir: string;
  readonly step: number;
  /** Steps that metrics.csv has, whose losses and learning rates the two lists are. */
  readonly losses: readonly number[];
  readonly rates: readonly number[];
  readonly epoch: number;
  readonly totalSteps: number | undefined;
  readonly owner: LockOwner | undefined;
  /** Recent seconds of a step, without and with its share of the evaluations so far. */
  readonly stepS: number | undefined;
  readonly wholeStepS: number | undefined;
  /** Shares of the recent steps' time. */
  readonly probeShare: number;
  readonly dataShare: number;
  /** e.g. `step 96: ok, η* 0.0123, R² 1`. */
  readonly lastProbe: string | undefined;
  /** e.g. `step 80: accuracy 0.912, loss 0.31`. */
  readonly lastEvaluation: string | undefined;
}

const LABEL_WIDTH = 8;
const BAR_WIDTH = 24;

/** A number for people: four digits, an exponent where it is very small or large. */
export const shortNumber = (value: number) => {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return value === 0 || (size >= 1e-3 && size < 1e6)
    ? String(Number(value.toPrecision(4)))
    : value.toExponential(2);
};

/** Means of as many equal parts, so that a long run fits in a line. */
function shrink(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, i) => {
    const part = values
      .slice(Math.floor((i * values.length) / width), Math.floor(((i + 1) * values.length) / width))
      .filter(Number.isFinite);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

function curve(name: string, values: readonly number[], width: number): string {
  const last = values.at(-1);
  const head = `${name.padEnd(LABEL_WIDTH)}${(last === undefined ? '–' : shortNumber(last)).padEnd(11)}`;
  const points = shrink(values, Math.max(8, width - head.length - 24));
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return head;
  const low = finite.reduce((least, value) => Math.min(least, value));
  const high = finite.reduce((most, value) => Math.max(most, value));
  const range = `${shortNumber(low)} to ${shortNumber(high)}`;
  return `${head}${sparkline(points)}  ${range}`;
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, share) * BAR_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
}

function etaOf({ totalSteps, step, wholeStepS }: WatchState): string {
  if (totalSteps === undefined || wholeStepS === undefined) return 'ETA unknown';
  return `ETA ${formatDuration((totalSteps - step) * wholeStepS)}`;
}

function rateOf({ stepS }: WatchState): string {
  if (!stepS) return '– steps/s';
  return stepS > 1 ? `${shortNumber(stepS)} s/step` : `${Number((1 / stepS).toPrecision(3))} steps/s`;
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

/** The view of a terminal of `width` characters, a string a line, none longer than that. */
export function watchLines(state: WatchState, width: number): string[] {
  const { step, totalSteps, owner, dir, epoch, probeShare, dataShare } = state;
  const progress = totalSteps ? `${bar(step / totalSteps)} ${percent(step / totalSteps)}  ` : '';
  return [
    `${dir}${owner ? `  (${ownerText(owner)})` : ''}`,
    `step    ${`${step}/${totalSteps ?? '?'}`.padEnd(11)}${progress}epoch ${epoch}  ${etaOf(state)}`,
    curve('loss', state.losses, width),
    curve('η', state.rates, width),
    `time    ${rateOf(state)}, probes ${percent(probeShare)}, waiting for data ${percent(dataShare)}`,
    ...(state.lastProbe ? [`probe   ${state.lastProbe}`] : []),
    ...(state.lastEvaluation ? [`eval    ${state.lastEvaluation}`] : []),
  ].map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
}

/** The same in one line, for logs. */
export function watchLine(state: WatchState): string {
  const { step, totalSteps, losses, rates, lastProbe, lastEvaluation } = state;
  return [
    `step ${step}/${totalSteps ?? '?'}`,
    `loss ${shortNumber(losses.at(-1) ?? Number.NaN)}`,
    `lr ${shortNumber(rates.at(-1) ?? Number.NaN)}`,
    rateOf(state),
    etaOf(state),
    ...(lastProbe ? [`probe at ${lastProbe}`] : []),
    ...(lastEvaluation ? [`evaluation at ${lastEvaluation}`] : []),
  ].join(', ');
}
