import type { PairedDifference, Statistic, WinRecord } from './statistics.js';

/** Shown where there is nothing to show. */
const EMPTY = '–';

/** How a quantity is written: the factor it is multiplied by and the digits after the point. */
export interface NumberStyle {
  readonly scale: number;
  /** Digits that suit a value (already scaled); its deviation is written with as many. */
  readonly digits: (value: number) => number;
}

export const percentStyle: NumberStyle = { scale: 100, digits: () => 2 };
export const integerStyle: NumberStyle = { scale: 1, digits: () => 0 };
export const secondsStyle: NumberStyle = { scale: 1, digits: () => 1 };
/** Three digits after the point, more for small numbers (three significant ones) and fewer for large. */
export const plainStyle: NumberStyle = {
  scale: 1,
  digits(value) {
    const size = Math.floor(Math.log10(Math.abs(value) || 1));
    return size > 0 ? Math.max(0, 3 - size) : Math.max(3, 2 - size);
  },
};

/** Above this many digits, or from a million on, a number is written with an exponent. */
const MAX_DIGITS = 6;

function format(value: number, digits: number): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−');
  const long = digits > MAX_DIGITS || Math.abs(value) >= 1e6;
  const text = long ? value.toExponential(1).replace('+', '') : value.toFixed(digits);
  return text.replaceAll('-', '−');
}

/** `96.20 ± 0.31`, or the mean alone with one value. */
export function formatStatistic(value: Statistic | undefined, style: NumberStyle): string {
  if (!value) return EMPTY;
  const mean = value.mean * style.scale;
  const digits = style.digits(mean);
  return value.std === undefined
    ? format(mean, digits)
    : `${format(mean, digits)} ± ${format(value.std * style.scale, digits)}`;
}

/** The mean without its deviation. */
export function formatMean(value: Statistic | undefined, style: NumberStyle): string {
  return formatStatistic(value && { ...value, std: undefined }, style);
}

/** `1–2`, with ties where there are any: `1–1–1`. */
export function formatRecord(value: WinRecord | undefined): string {
  if (!value) return EMPTY;
  const { wins, losses, ties } = value;
  return [wins, losses, ...(ties > 0 ? [ties] : [])].join('–');
}

/** `−0.45 [−1.20, +0.30]`: mean and 95 % interval; the mean alone with a single pair. */
export function formatDifference(value: PairedDifference | undefined, style: NumberStyle): string {
  if (!value) return EMPTY;
  const mean = value.mean * style.scale;
  const digits = style.digits(mean);
  const signed = (part: number) => (part > 0 ? '+' : '') + format(part, digits);
  if (value.halfWidth === undefined) return signed(mean);
  const half = value.halfWidth * style.scale;
  return `${signed(mean)} [${signed(mean - half)}, ${signed(mean + half)}]`;
}
