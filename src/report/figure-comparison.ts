/**
 * Figure 1 of the paper, "Effects of various learning rate schedulers", from runs: training loss and effective
 * learning rate over the steps, and the test metric where it was evaluated more than once.
 */
import * as Plot from '@observablehq/plot';
import { MissingError } from '../errors.js';
import { metrics as metricRegistry } from '../metrics/registry.js';
import { aggregate, metricNames, type Setting } from './aggregate.js';
import { extent, logDomain, logTickLabel, logTicks } from './axes.js';
import { evalCurve, type MethodCurve, methodCurves, readRunCsv, runCurve, smooth, thin } from './curves.js';
import { type Block, type Panel, pictureSvg, writePicture } from './picture.js';
import { findRuns, type Run } from './runs.js';
import { type LineStyle, lineStyles } from './theme.js';

type Styles = ReturnType<typeof lineStyles>;

/** A panel with the numbers that it draws. */
export interface CurvePanel extends Panel {
  readonly curves: readonly MethodCurve[];
}

/** The figure of one setting. */
export interface ComparisonBlock extends Block {
  readonly panels: readonly CurvePanel[];
}

/** A loss that spans more than this factor is shown on a logarithmic axis. */
const LOG_FACTOR = 10;
/** Decades that a learning rate's axis shows at most. */
const LR_DECADES = 7;
/** Share of the steps that the mean of a smoothed loss reaches over. */
const SMOOTHING_SHARE = 1 / 40;

/** Bands, lines and the ends of diverged runs; GeN last, on top of the others. */
function curveMarks(curves: readonly MethodCurve[], styles: Styles): Plot.Markish[] {
  const reversed = [...curves].reverse();
  const styleOf = ({ method }: MethodCurve) => styles.get(method) as LineStyle;
  const bands = reversed.map((curve) =>
    Plot.areaY(curve.band, {
      x: 'step',
      y1: 'low',
      y2: 'high',
      fill: styleOf(curve).color,
      fillOpacity: curve.method.config.scheduler.name === 'gen' ? 0.16 : 0.08, // many overlap
      clip: true,
    }),
  );
  const line = (style: LineStyle) => ({
    stroke: style.color,
    strokeDasharray: style.dash || undefined,
    strokeLinejoin: 'round' as const,
    clip: true,
  });
  const lines = reversed.map((curve) =>
    Plot.line(curve.band, {
      x: 'step',
      y: 'mean',
      strokeWidth: styleOf(curve).width,
      ...line(styleOf(curve)),
    }),
  );
  const diverged = reversed.flatMap((curve) =>
    curve.diverged.flatMap(({ steps, values }) => {
      const points = thin(steps.map((step, i) => ({ step, value: values[i] as number })));
      const style = styleOf(curve);
      const end = {
        x: 'step',
        y: 'value',
        symbol: 'times' as const,
        r: 4,
        stroke: style.color,
        strokeWidth: 2,
      };
      return [
        Plot.line(points, { x: 'step', y: 'value', strokeWidth: 1, ...line(style) }),
        Plot.dot(points.slice(-1), end),
      ];
    }),
  );
  return [...bands, ...lines, ...diverged];
}

const valuesOf = (curves: readonly MethodCurve[]) =>
  curves.flatMap(({ band, diverged }) => [
    ...band.flatMap(({ low, high }) => [low, high]),
    ...diverged.flatMap(({ values }) => values),
  ]);

function panel(
  title: string,
  curves: readonly MethodCurve[],
  styles: Styles,
  y: Plot.ScaleOptions,
): CurvePanel {
  const frame = { marginLeft: 42, marginRight: 14, marginTop: 10, marginBottom: 38 };
  return {
    title,
    curves,
    options: {
      ...frame,
      x: { label: 'training step', labelAnchor: 'center', labelArrow: 'none', ticks: 5, tickSize: 4 },
      y: { label: null, grid: true, tickSize: 0, ...y },
      marks: [Plot.ruleX([0], { strokeOpacity: 0 }), ...curveMarks(curves, styles)],
    } as Plot.PlotOptions,
  };
}

function logAxis(curves: readonly MethodCurve[], decades: number): Plot.ScaleOptions {
  const domain = logDomain(valuesOf(curves), decades);
  return { type: 'log', domain, ticks: logTicks(domain), tickFormat: logTickLabel };
}

function lossPanel(curves: readonly MethodCurve[], styles: Styles): CurvePanel {
  // a diverging loss would squeeze all others to a line: the axis is made for the runs that ended well
  const calm = curves.some(({ band }) => band.length > 0)
    ? curves.map((curve) => ({ ...curve, diverged: [] }))
    : curves;
  const [low, high] = extent(valuesOf(calm)) ?? [0, 1];
  const log = low > 0 && high / low > LOG_FACTOR;
  const room = 0.04 * (high - low || 1);
  const axis = log ? logAxis(calm, 12) : { domain: [low - room, high + room], ticks: 6 };
  return panel(`Training loss${log ? ' (log scale)' : ''}`, curves, styles, axis);
}

function metricPanel(name: string, setting: Setting, styles: Styles): CurvePanel | undefined {
  const percent = metricRegistry[name]?.percent === true;
  const curves = methodCurves(setting.methods, (run) => {
    const table = readRunCsv(run, 'eval.csv');
    const curve = table && evalCurve(table, name);
    return curve && { ...curve, values: curve.values.map((value) => (percent ? 100 * value : value)) };
  });
  // a single evaluation is a number for the table, not a curve
  if (curves.every(({ band }) => band.length < 2)) return undefined;
  return panel(`Test ${name}${percent ? ' (%)' : ''}`, curves, styles, { nice: true, ticks: 6 });
}

/** Loss, effective learning rate and test metric of every method over the steps. */
export function comparisonBlock(setting: Setting): ComparisonBlock {
  const { methods, seeds, title } = setting;
  const styles = lineStyles(methods);
  const column = (name: string) => (run: Run) => {
    const table = readRunCsv(run, 'metrics.csv');
    return table && runCurve(table, name);
  };
  const steps = Math.max(
    ...methods.flatMap(({ completed }) => completed.map(({ summary }) => summary.steps)),
    1,
  );
  const window = Math.max(1, 2 * Math.round((steps * SMOOTHING_SHARE) / 2) + 1);
  const losses = methodCurves(methods, (run) => {
    const curve = column('loss')(run);
    return curve && smooth(curve, window);
  });
  const rates = methodCurves(methods, column('effective_lr'));
  const metric = metricNames(methods)[0];
  const test = metric === undefined ? undefined : metricPanel(metric, setting, styles);
  const optimizers = new Set(methods.map(({ optimizer }) => optimizer));
  const notes = methods.flatMap(({ fullLabel, leftOut }) =>
    leftOut
      .filter(({ kind }) => kind !== 'duplicate')
      .map(
        ({ run, kind }) =>
          `${fullLabel} seed ${run.seed} ${kind}${kind === 'diverged' ? ' (thin line, ×)' : ''}`,
      ),
  );
  return {
    title,
    subtitle: [
      ...(optimizers.size === 1 ? [`base optimizer ${[...optimizers].join()}`] : []),
      `seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}`,
    ].join(' · '),
    legend: methods.map((method) => ({
      label: optimizers.size === 1 ? method.label : method.fullLabel,
      style: styles.get(method) as LineStyle,
    })),
    panels: [
      lossPanel(losses, styles),
      panel('Effective learning rate (log scale)', rates, styles, logAxis(rates, LR_DECADES)),
      ...(test ? [test] : []),
    ],
    caption: [
      `Lines: mean over seeds${window > 1 ? `, the loss smoothed by a centred mean over ${window} steps` : ''}. ` +
        'Bands: least to greatest seed.',
      ...(notes.length > 0 ? [`Not in the means: ${notes.join('; ')}.`] : []),
    ],
  };
}

/**
 * Draws the runs found under `runDirs` to `outFile` (.svg or .png), a row of panels for each setting.
 *
 * @param task draws the runs of this task alone
 * @throws MissingError when there are no runs; UsageError for another ending.
 */
export function comparisonFigure(runDirs: readonly string[], outFile: string, task?: string): void {
  const runs = findRuns(runDirs).filter(({ config }) => task === undefined || config.task === task);
  if (runs.length === 0) throw new MissingError(`${runDirs.join(', ')}: no runs of the task ${task}`);
  const blocks = aggregate(runs).map(comparisonBlock);
  const titles = blocks.map(({ title }) => title).join('; ');
  writePicture(
    outFile,
    pictureSvg(blocks, `Training loss and effective learning rate by scheduler: ${titles}`),
  );
}
