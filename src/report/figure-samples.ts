/** Figure 12 of the paper, from runs of the task `gan`: real images beside generated ones, a row for each method. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MissingError } from '../errors.js';
import { ganSettings } from './figure-gan.js';
import { writePicture } from './picture.js';
import { FONT_FAMILY, INK, PAPER } from './theme.js';

/** Where a run has its grids, see `writeSampleGrids`. */
const SAMPLES = 'samples';
const REAL = 'real.png';

const SIDE = 420;
const GAP = 24;
const HEAD = 58;

interface Row {
  readonly title: string;
  readonly step: number;
  /** PNGs */
  readonly real: Buffer;
  readonly generated: Buffer;
}

/** The real and the last generated grid of a run; undefined where it has none. */
function readRow(title: string, runDir: string): Row | undefined {
  const folder = join(runDir, SAMPLES);
  if (!existsSync(join(folder, REAL))) return undefined;
  const last = readdirSync(folder)
    .filter((name) => /^step-\d+\.png$/.test(name))
    .sort()
    .at(-1);
  if (last === undefined) return undefined;
  const read = (name: string) => readFileSync(join(folder, name));
  return { title, step: Number(/\d+/.exec(last)?.[0]), real: read(REAL), generated: read(last) };
}

function rowSvg({ title, step, real, generated }: Row, top: number): string {
  const text = (x: number, y: number, content: string, size: number) =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="currentColor">${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
  const image = (x: number, png: Buffer) =>
    `<image x="${x}" y="${top + HEAD}" width="${SIDE}" height="${SIDE}" href="data:image/png;base64,${png.toString('base64')}"/>`;
  const right = 2 * GAP + SIDE;
  return [
    text(GAP, top + 18, title, 15),
    text(GAP, top + HEAD - 10, 'Real images', 13),
    text(right, top + HEAD - 10, `Generated images, step ${step}`, 13),
    image(GAP, real),
    image(right, generated),
  ].join('\n');
}

/**
 * Draws the first seed of every method to `outFile` (.svg or .png).
 *
 * @throws MissingError when no run has images; UsageError for another ending.
 */
export function samplesFigure(results: readonly string[], outFile: string): void {
  const rows = ganSettings(results).flatMap(({ title, methods }) =>
    methods.flatMap(({ fullLabel, completed: [first] }) =>
      first ? (readRow(`${title}: ${fullLabel}, seed ${first.seed}`, first.dir) ?? []) : [],
    ),
  );
  if (rows.length === 0) {
    throw new MissingError(
      `${results.join(', ')}: no run has images in its folder ${SAMPLES}; evaluate one to the end`,
    );
  }
  const width = 3 * GAP + 2 * SIDE;
  const rowHeight = HEAD + SIDE + GAP;
  const height = GAP + rows.length * rowHeight;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family='${FONT_FAMILY}' color="${INK}">`,
    '<title>Real and generated images</title>',
    `<rect width="${width}" height="${height}" fill="${PAPER}"/>`,
    ...rows.map((row, i) => rowSvg(row, GAP + i * rowHeight)),
    '</svg>\n',
  ].join('\n');
  writePicture(outFile, svg);
}
