import type { PairedDifference, Statistic } from './statistics.js';

/** Shown where there is nothing to show. */
export const EMPTY = '–';

/** How a quantity is written: the factor it is multiplied by and its digits. */
export interface NumberStyle {
  readonly scale: number;
  readonly format: (value: number) => string;
}

const fixed = (digits: number) => (value: number) =>
  Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : String(value).replace('-', '−');

/** Three significant digits; an exponent only where the plain number would be long. */
function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−');
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6))
    return value.toExponential(1).replaceAll('-', '−').replace('+', '');
  return (size < 1000 ? value.toPrecision(3) : value.toFixed(0)).replace('-', '−');
}

export const percentStyle: NumberStyle = { scale: 100, format: fixed(2) };
export const plainStyle: NumberStyle = { scale: 1, format: significant };
export const integerStyle: NumberStyle = { scale: 1, format: fixed(0) };
export const secondsStyle: NumberStyle = { scale: 1, format: fixed(1) };

/** `96.20 ± 0.31`, or the mean alone with one value. */
export function formatStatistic(value: Statistic | undefined, style: NumberStyle): string {
  if (!value) return EMPTY;
  const mean = style.format(value.mean * style.scale);
  return value.std === undefined ? mean : `${mean} ± ${style.format(value.std * style.scale)}`;
}

/** The mean alone, for quantities that are the same for every seed. */
export function formatMean(value: Statistic | undefined, style: NumberStyle): string {
  return value ? style.format(value.mean * style.scale) : EMPTY;
}

function signed(value: number, style: NumberStyle): string {
  const text = style.format(value * style.scale);
  return value > 0 ? `+${text}` : text;
}

/** `−0.45 [−1.20, +0.30]`: mean and 95 % interval; the mean alone with a single pair. */
export function formatDifference(value: PairedDifference | undefined, style: NumberStyle): string {
  if (!value) return EMPTY;
  const { mean, halfWidth } = value;
  if (halfWidth === undefined) return signed(mean, style);
  return `${signed(mean, style)} [${signed(mean - halfWidth, style)}, ${signed(mean + halfWidth, style)}]`;
}
