/** A picture with transparency: [height, width, 4], red, green, blue, alpha. */
export interface Cutout {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/**
 * A smaller (or larger) picture: every pixel is the mean of the area it covers, colours weighed by their alpha.
 */
export function resizeCutout(
  { height, width, pixels }: Cutout,
  [newHeight, newWidth]: readonly [number, number],
): Cutout {
  const rows = coveredSpans(height, newHeight);
  const columns = coveredSpans(width, newWidth);
  const result = new Uint8Array(newHeight * newWidth * 4);
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      let [red, green, blue, alpha, area] = [0, 0, 0, 0, 0];
      for (const [row, rowShare] of rows[y]!) {
        for (const [column, columnShare] of columns[x]!) {
          const at = (row * width + column) * 4;
          const share = rowShare * columnShare;
          const opacity = share * pixels[at + 3]!;
          red += opacity * pixels[at]!;
          green += opacity * pixels[at + 1]!;
          blue += opacity * pixels[at + 2]!;
          alpha += opacity;
          area += share;
        }
      }
      if (alpha === 0) continue;
      const to = (y * newWidth + x) * 4;
      result.set([red / alpha, green / alpha, blue / alpha, alpha / area].map(Math.round), to);
    }
  }
  return { height: newHeight, width: newWidth, pixels: result };
}

/** For every new position the old ones it covers, and how much of each. */
function coveredSpans(length: number, newLength: number): [index: number, share: number][][] {
  const scale = length / newLength;
  return Array.from({ length: newLength }, (_, i) => {
    const [start, end] = [i * scale, (i + 1) * scale];
    const first = Math.floor(start);
    const last = Math.min(Math.ceil(end), length);
    return Array.from({ length: last - first }, (_, k): [number, number] => {
      const index = first + k;
      return [index, Math.min(end, index + 1) - Math.max(start, index)];
    });
  });
}
