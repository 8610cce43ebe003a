/**
 * How much the choice of the initial learning rate matters: every method's result over η₀, and what tuning it gains.
 * Not a figure of the paper, but its question: GeN without tuning against the tuned baselines.
 */
import * as Plot from '@observablehq/plot';
import { MissingError } from '../errors.js';
import { extent, logDomain, logTickLabel, logTicks } from './axes.js';
import { type Block, type Panel, pictureSvg, writePicture } from './picture.js';
import { findRuns } from './runs.js';
import {
  type Sensitivity,
  type SensitivityCurve,
  type SensitivityPoint,
  sensitivities,
} from './sensitivity.js';
import { type LineStyle, lineStyles } from './theme.js';

/** Results this many times apart are shown on a logarithmic axis, where smaller is better. */
const LOG_FACTOR = 30;

type Styles = ReadonlyMap<SensitivityCurve, LineStyle>;

function stylesOf(curves: readonly SensitivityCurve[]): Styles {
  const byMethod = lineStyles(curves.map(({ method }) => method));
  return new Map(curves.map((curve) => [curve, byMethod.get(curve.method) as LineStyle]));
}

const isShown = ({ mean, diverged }: SensitivityPoint) => mean !== undefined && !diverged;

function scaled(sensitivity: Sensitivity): (value: number | undefined) => number {
  return (value) => (value ?? Number.NaN) * (sensitivity.percent ? 100 : 1);
}

function valueAxis(sensitivity: Sensitivity): { options: Plot.ScaleOptions; worst: number } {
  const scale = scaled(sensitivity);
  const values = sensitivity.curves
    .flatMap(({ points }) => points.filter(isShown).flatMap(({ low, high }) => [scale(low), scale(high)]))
    .filter(Number.isFinite);
  const [low, high] = extent(values) ?? [0, 1];
  const lower = sensitivity.better === 'lower';
  if (lower && low > 0 && high / low > LOG_FACTOR) {
    const domain = logDomain(values, 12);
    const options = { type: 'log' as const, domain, ticks: logTicks(domain), tickFormat: logTickLabel };
    return { options, worst: domain[1] };
  }
  const room = 0.06 * (high - low || 1);
  const domain = [low - room, high + room];
  return { options: { domain, ticks: 6 }, worst: lower ? (domain[1] as number) : (domain[0] as number) };
}

function curvePanel(sensitivity: Sensitivity, styles: Styles): Panel {
  const scale = scaled(sensitivity);
  const { options, worst } = valueAxis(sensitivity);
  const rates = sensitivity.curves.flatMap(({ points }) => points.map(({ lr0 }) => lr0)).filter((x) => x > 0);
  const x = logDomain(rates, 20);
  const marks = [...sensitivity.curves].reverse().flatMap((curve): Plot.Markish[] => {
    const { color, dash, width } = styles.get(curve) as LineStyle;
    const shown = curve.points.filter(isShown);
    const stroke = { stroke: color, strokeWidth: width, strokeDasharray: dash || undefined };
    const [only] = shown;
    // a method without a learning rate to choose is a level
    if (only && Number.isNaN(only.lr0)) return [Plot.ruleY([scale(only.mean)], stroke)];
    const diverged = curve.points.filter((point) => point.diverged);
    return [
      Plot.areaY(shown, {
        ...{
          x: 'lr0',
          y1: (p: SensitivityPoint) => scale(p.low),
          y2: (p: SensitivityPoint) => scale(p.high),
        },
        ...{ fill: color, fillOpacity: curve.isGen ? 0.16 : 0.08, clip: true },
      }),
      Plot.line(shown, {
        ...{ x: 'lr0', y: (p: SensitivityPoint) => scale(p.mean), strokeLinejoin: 'round', clip: true },
        ...stroke,
      }),
      Plot.dot(shown, {
        x: 'lr0',
        y: (p: SensitivityPoint) => scale(p.mean),
        fill: color,
        r: curve.isGen ? 3.2 : 2.4,
      }),
      Plot.dot(diverged, { x: 'lr0', y: () => worst, symbol: 'times', r: 4, stroke: color, strokeWidth: 2 }),
    ];
  });
  return {
    title: `Final ${sensitivity.metric}${sensitivity.percent ? ' (%)' : ''} over the initial learning rate`,
    options: {
      ...{ marginLeft: 46, marginRight: 14, marginTop: 10, marginBottom: 38 },
      x: {
        ...{ type: 'log', domain: x, ticks: logTicks(x), tickFormat: logTickLabel, tickSize: 4 },
        ...{ label: 'initial learning rate η₀', labelAnchor: 'center', labelArrow: 'none' },
      },
      y: { label: null, grid: true, tickSize: 0, ...options },
      marks,
    } as Plot.PlotOptions,
  };
}

/** A row a method: the range over η₀, the best (dot) and the middle of the grid (ring). */
function rangePanel(sensitivity: Sensitivity, styles: Styles): Panel {
  const scale = scaled(sensitivity);
  const { options } = valueAxis(sensitivity);
  const rows = sensitivity.curves.map((curve) => {
    const shown = curve.points.filter(isShown).map(({ mean }) => scale(mean));
    const [low, high] = extent(shown) ?? [Number.NaN, Number.NaN];
    const { color, width } = styles.get(curve) as LineStyle;
    return { ...curve, low, high, color, width, ...{ best: curve.best, untuned: curve.untuned } };
  });
  type Row = (typeof rows)[number];
  const marks = [
    Plot.ruleY(
      rows.filter(({ low }) => Number.isFinite(low)),
      {
        ...{ y: 'label', x1: 'low', x2: 'high', stroke: 'color', strokeWidth: 5, strokeOpacity: 0.3 },
      },
    ),
    Plot.dot(
      rows.filter(({ untuned }) => untuned && isShown(untuned)),
      {
        ...{
          y: 'label',
          x: (row: Row) => scale(row.untuned?.mean),
          stroke: 'color',
          fill: 'none',
          r: 5,
          strokeWidth: 2,
        },
      },
    ),
    Plot.dot(
      rows.filter(({ best }) => best),
      {
        ...{ y: 'label', x: (row: Row) => scale(row.best?.mean), fill: 'color', r: 4 },
      },
    ),
  ];
  const longest = Math.max(...rows.map(({ label }) => label.length));
  return {
    title: 'What tuning η₀ gains: best ●, middle of the grid ○, range',
    options: {
      ...{ marginLeft: 16 + 6.2 * longest, marginRight: 14, marginTop: 10, marginBottom: 38 },
      x: {
        ...{
          label: `final ${sensitivity.metric}${sensitivity.percent ? ' (%)' : ''}`,
          labelAnchor: 'center',
        },
        ...{ labelArrow: 'none', grid: true, tickSize: 4, ...options, ticks: 5 },
      },
      y: { type: 'band', domain: rows.map(({ label }) => label), label: null, tickSize: 0 },
      color: { type: 'identity' },
      marks,
    } as Plot.PlotOptions,
  };
}

const rate = (value: number) => String(Number(value.toPrecision(3)));

/** The comparison in words: the best tuned baseline against GeN at the middle of the grid, and at its worst. */
export function verdict(sensitivity: Sensitivity): string {
  const sign = sensitivity.better === 'higher' ? 1 : -1;
  const scale = scaled(sensitivity);
  const show = (value: number | undefined) =>
    `${scale(value).toPrecision(4)}${sensitivity.percent ? ' %' : ''}`;
  const tuned = sensitivity.curves
    .filter(({ isGen, best }) => !isGen && best)
    .sort((a, b) => sign * ((b.best?.mean ?? 0) - (a.best?.mean ?? 0)))[0];
  const at = (point: SensitivityPoint) => (Number.isNaN(point.lr0) ? '' : ` at η₀ = ${rate(point.lr0)}`);
  const baseline = tuned?.best
    ? `Best tuned baseline: ${tuned.label}${at(tuned.best)}, ${show(tuned.best.mean)}.`
    : 'No baseline without divergence.';
  const gens = sensitivity.curves
    .filter(({ isGen }) => isGen)
    .map(({ label, untuned, points }) => {
      const start = untuned && isShown(untuned) ? `${show(untuned.mean)}${at(untuned)}` : 'no result';
      const means = points.filter(isShown).map(({ mean }) => mean as number);
      const worst = means.length > 0 ? sign * Math.min(...means.map((mean) => sign * mean)) : undefined;
      const diverged = points.filter((point) => point.diverged).length;
      return (
        `${label} untuned (middle of the grid): ${start}; worst over η₀ ${worst === undefined ? '–' : show(worst)}` +
        `${diverged > 0 ? `, diverged at ${diverged} of ${points.length} η₀` : ''}.`
      );
    });
  return [baseline, ...gens].join(' ');
}

function blockOf(sensitivity: Sensitivity): Block {
  const styles = stylesOf(sensitivity.curves);
  const { seeds } = sensitivity;
  return {
    title: sensitivity.title,
    subtitle: `base optimizer ${sensitivity.optimizer} · seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}`,
    legend: sensitivity.curves.map((curve) => ({
      label: curve.label,
      style: styles.get(curve) as LineStyle,
    })),
    panels: [curvePanel(sensitivity, styles), rangePanel(sensitivity, styles)],
    caption: [
      `Lines: mean over seeds; bands: least to greatest seed; ×: a seed diverged at this η₀. ${verdict(sensitivity)}`,
    ],
    panelHeight: Math.max(270, 60 + 24 * sensitivity.curves.length),
  };
}

/**
 * Draws the runs under `runDirs` to `outFile` (.svg or .png), a row of panels for each setting and base optimizer.
 *
 * @throws MissingError when no method was run with several initial learning rates; UsageError for another ending
 */
export function sensitivityFigure(runDirs: readonly string[], outFile: string): void {
  const found = sensitivities(findRuns(runDirs));
  if (found.length === 0) {
    throw new MissingError(
      `${runDirs.join(', ')}: no method was run with several initial learning rates; make such runs with: gen-bench sweep configs/sweeps/sensitivity.yaml`,
    );
  }
  writePicture(
    outFile,
    pictureSvg(found.map(blockOf), 'Final results over the initial learning rate, by scheduler'),
  );
}
