/** Figure 2 of the paper: the loss along an update, and the parabola of its second-order Taylor expansion. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { MissingError } from '../errors.js';
import type { CsvTable } from '../run/csv-read.js';
import { readMetrics } from '../run/csv-read.js';
import { extent } from './axes.js';
import { methodLabel } from './method.js';
import { type Block, type Panel, pictureSvg, writePicture } from './picture.js';
import { findRuns, type Run } from './runs.js';
import type { LineStyle } from './theme.js';

const lossStyle: LineStyle = { color: '#0072B2', dash: '', width: 2 };
const parabolaStyle: LineStyle = { color: '#D55E00', dash: '7 3', width: 2 };
/** Panels of a row. */
const COLUMNS = 3;
/** Room for what the parabola does beyond the losses, as a share of their range. */
const ROOM = 0.25;

interface Point {
  readonly step: number;
  readonly point: number;
  readonly xi: number;
  readonly loss: number;
  readonly parabola: number;
}

function pointsOf(table: CsvTable): Point[] {
  const column = (name: keyof Point) => table.numbers(name);
  const [step, point, xi, loss, parabola] = [
    column('step'),
    column('point'),
    column('xi'),
    column('loss'),
    column('parabola'),
  ];
  return Array.from(step, (at, i) => ({
    ...{ step: at, point: point[i] as number, xi: xi[i] as number },
    ...{ loss: loss[i] as number, parabola: parabola[i] as number },
  })).filter(({ loss }) => Number.isFinite(loss));
}

function panelOf(step: number, points: readonly Point[]): Panel {
  const [low, high] = extent(points.map(({ loss }) => loss)) ?? [0, 1];
  const room = ROOM * (high - low || 1);
  const line = (y: 'loss' | 'parabola', { color, dash, width }: LineStyle, curve: Plot.Curve) =>
    Plot.line(points, {
      ...{ x: 'xi', y, stroke: color, strokeWidth: width, strokeDasharray: dash || undefined },
      ...{ clip: true, curve },
    });
  const fitted = points.filter(({ point }) => Number.isInteger(point) && Math.abs(point) <= 1);
  return {
    title: `Step ${step}`,
    options: {
      ...{ marginLeft: 48, marginRight: 14, marginTop: 10, marginBottom: 38 },
      x: { label: 'learning rate ξ', labelAnchor: 'center', labelArrow: 'none', ticks: 5, tickSize: 4 },
      y: { label: null, grid: true, tickSize: 0, ticks: 6, domain: [low - room, high + room] },
      marks: [
        Plot.ruleX([0], { strokeOpacity: 0.3 }),
        line('loss', lossStyle, 'linear'),
        line('parabola', parabolaStyle, 'natural'),
        Plot.dot(points, { x: 'xi', y: 'loss', fill: lossStyle.color, r: 2.5, clip: true }),
        Plot.dot(fitted, {
          ...{ x: 'xi', y: 'loss', stroke: parabolaStyle.color, strokeWidth: 2, r: 6, clip: true },
        }),
      ],
    } as Plot.PlotOptions,
  };
}

function blocksOf(run: Run): Block[] {
  const path = join(run.dir, 'landscape.csv');
  if (!existsSync(path)) return [];
  const points = pointsOf(readMetrics(path));
  const panels = [...new Set(points.map(({ step }) => step))].map((step) =>
    panelOf(
      step,
      points.filter((point) => point.step === step),
    ),
  );
  const { model, dataset } = run.config;
  const rows = Array.from({ length: Math.ceil(panels.length / COLUMNS) }, (_, row) =>
    panels.slice(row * COLUMNS, (row + 1) * COLUMNS),
  );
  return rows.map((row, i) => ({
    title: `${model.name}${dataset ? ` on ${dataset.name}` : ''}: ${methodLabel(run.config)}`,
    subtitle: `loss at w − ξg along the update of a step · seed ${run.seed}`,
    legend: [
      { label: 'loss of a batch', style: lossStyle },
      { label: 'parabola through the ringed points −η, 0, η', style: parabolaStyle },
    ],
    panels: row,
    caption: i === rows.length - 1 ? ['η: the learning rate that the step took, the right ring.'] : [],
  }));
}

/**
 * Draws every landscape.csv found under `results` to `out` (.svg or .png).
 *
 * @throws MissingError when no run has one; UsageError for another ending.
 */
export function landscapeFigure(results: readonly string[], out: string): void {
  const blocks = findRuns(results).flatMap(blocksOf);
  if (blocks.length === 0) {
    throw new MissingError(
      `${results.join(', ')}: no run has the loss along its updates (landscape.csv); make one with: ` +
        "gen-bench run configs/mini/resnet8-digits.yaml 'logging.landscape={steps: [20, 100]}'",
    );
  }
  writePicture(out, pictureSvg(blocks, 'Loss along updates, and the fitted parabola'));
}
