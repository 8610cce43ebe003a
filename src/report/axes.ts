const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function superscript(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join('');
  return exponent < 0 ? `⁻${digits}` : digits;
}

/** A tick of a logarithmic axis: plain where that is short, else a power of ten. */
export function logTickLabel(value: number): string {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  if (exponent >= -2 && exponent <= 3) return String(Number(value.toPrecision(3)));
  const mantissa = Number((value / 10 ** exponent).toPrecision(2));
  return mantissa === 1 ? `10${superscript(exponent)}` : `${mantissa}·10${superscript(exponent)}`;
}

/** At most this many labels on a logarithmic axis. */
const MAX_LOG_TICKS = 7;

/** Multiples of a power of ten, or of twice or five times one: two to five of them within the range. */
function evenTicks(low: number, high: number): number[] {
  const power = 10 ** Math.floor(Math.log10(high - low));
  const step =
    [0.2, 0.5, 1, 2].map((factor) => factor * power).find((size) => (high - low) / size <= 5) ?? power;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

/** Ticks of a logarithmic axis: powers of ten, or 1, 2, 5 times them where the axis is short. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const inside = (value: number) => value >= low * 0.999 && value <= high * 1.001;
  const powers = (mantissas: readonly number[], stride: number) => {
    const ticks: number[] = [];
    for (let exponent = first; exponent <= last; exponent++) {
      if (exponent % stride !== 0) continue;
      ticks.push(...mantissas.map((mantissa) => Number(`${mantissa}e${exponent}`)));
    }
    return ticks.filter(inside);
  };
  const fine = powers([1, 2, 5], 1);
  if (fine.length < 2) return evenTicks(low, high);
  if (fine.length <= MAX_LOG_TICKS) return fine;
  for (let stride = 1; ; stride++) {
    const ticks = powers([1], stride);
    if (ticks.length <= MAX_LOG_TICKS) return ticks;
  }
}

/** Smallest and largest of the values, undefined where there are none. */
export function extent(values: readonly number[]): [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

/**
 * Domain of a logarithmic axis: the positive values with a little room, at most `decades` below the largest (a
 * schedule that decays to zero would else leave no room for the rest).
 */
export function logDomain(values: readonly number[], decades: number): [number, number] {
  const [low, high] = extent(values.filter((value) => value > 0)) ?? [0.1, 1];
  const bottom = Math.max(low, high / 10 ** decades);
  const room = Math.max((high / bottom) ** 0.04, 1.05);
  return [bottom / room, high * room];
}
