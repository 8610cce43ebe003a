const blocks = '▁▂▃▄▅▆▇█';

/** Values as a row of blocks, from `low` (default: the smallest) to the largest; those not finite are blanks. */
export function sparkline(values: readonly number[], low?: number): string {
  const finite = values.filter(Number.isFinite);
  const bottom = low ?? Math.min(...finite);
  const range = Math.max(...finite) - bottom;
  return values
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const level = range > 0 ? Math.round(((value - bottom) / range) * 7) : 0;
      return blocks[Math.min(7, Math.max(0, level))];
    })
    .join('');
}
