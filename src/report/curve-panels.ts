/** Panels of curves over a run: bands, lines and ends of diverged runs, for every figure that compares runs. */
import * as Plot from '@observablehq/plot';
import { metrics as metricRegistry } from '../metrics/registry.js';
import { type Method, metricNames } from './aggregate.js';
import { extent, logDomain, logTickLabel, logTicks } from './axes.js';
import {
  evalCurve,
  type MethodCurve,
  methodCurves,
  type RunCurve,
  readRunCsv,
  runCurve,
  smooth,
  thin,
} from './curves.js';
import type { Block, Panel } from './picture.js';
import type { Run } from './runs.js';
import type { LineStyle } from './theme.js';

type Styles = ReadonlyMap<Method, LineStyle>;

/** A panel with the numbers that it draws. */
export interface CurvePanel extends Panel {
  readonly curves: readonly MethodCurve[];
}

/** The figure of one setting. */
export interface ComparisonBlock extends Block {
  readonly panels: readonly CurvePanel[];
}

export type Quantity = 'loss' | 'rate' | 'metric';

/** What a row of panels shows. */
export interface CurveChoice {
  readonly methods: readonly Method[];
  readonly styles: Styles;
  readonly x: 'step' | 'epoch';
  readonly quantities: readonly Quantity[];
}

const xLabels = { step: 'training step', epoch: 'epoch' };

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

/** A run's curve over its steps, or over its epochs: the n-th step ends n / (steps of an epoch) of them. */
function along({ summary }: Run, curve: RunCurve, x: CurveChoice['x']): RunCurve {
  if (x === 'step' || !summary || !(summary.epochs > 0)) return curve;
  const stepsPerEpoch = summary.steps / summary.epochs;
  return { ...curve, steps: curve.steps.map((step) => step / stepsPerEpoch) };
}

const valuesOf = (curves: readonly MethodCurve[]) =>
  curves.flatMap(({ band, diverged }) => [
    ...band.flatMap(({ low, high }) => [low, high]),
    ...diverged.flatMap(({ values }) => values),
  ]);

function panel(
  title: string,
  curves: readonly MethodCurve[],
  { styles, x }: CurveChoice,
  y: Plot.ScaleOptions,
): CurvePanel {
  const frame = { marginLeft: 42, marginRight: 14, marginTop: 10, marginBottom: 38 };
  return {
    title,
    curves,
    options: {
      ...frame,
      x: { label: xLabels[x], labelAnchor: 'center', labelArrow: 'none', ticks: 5, tickSize: 4 },
      y: { label: null, grid: true, tickSize: 0, ...y },
      marks: [Plot.ruleX([0], { strokeOpacity: 0 }), ...curveMarks(curves, styles)],
    } as Plot.PlotOptions,
  };
}

function logAxis(curves: readonly MethodCurve[], decades: number): Plot.ScaleOptions {
  const domain = logDomain(valuesOf(curves), decades);
  return { type: 'log', domain, ticks: logTicks(domain), tickFormat: logTickLabel };
}

function lossPanel(curves: readonly MethodCurve[], choice: CurveChoice): CurvePanel {
  // a diverging loss would squeeze all others to a line: the axis is made for the runs that ended well
  const calm = curves.some(({ band }) => band.length > 0)
    ? curves.map((curve) => ({ ...curve, diverged: [] }))
    : curves;
  const [low, high] = extent(valuesOf(calm)) ?? [0, 1];
  const log = low > 0 && high / low > LOG_FACTOR;
  const room = 0.04 * (high - low || 1);
  const axis = log ? logAxis(calm, 12) : { domain: [low - room, high + room], ticks: 6 };
  return panel(`Training loss${log ? ' (log scale)' : ''}`, curves, choice, axis);
}

function metricPanel(name: string, choice: CurveChoice): CurvePanel | undefined {
  const percent = metricRegistry[name]?.percent === true;
  const curves = methodCurves(choice.methods, (run) => {
    const table = readRunCsv(run, 'eval.csv');
    const curve = table && along(run, evalCurve(table, name), choice.x);
    return curve && { ...curve, values: curve.values.map((value) => (percent ? 100 * value : value)) };
  });
  // a single evaluation is a number for the table, not a curve
  if (curves.every(({ band }) => band.length < 2)) return undefined;
  return panel(`Test ${name}${percent ? ' (%)' : ''}`, curves, choice, { nice: true, ticks: 6 });
}

/**
 * A panel a quantity that there are numbers of.
 *
 * @returns also what to say below them
 */
export function curvePanels(choice: CurveChoice): {
  readonly panels: readonly CurvePanel[];
  readonly caption: readonly string[];
} {
  const { methods, x } = choice;
  const column = (run: Run, name: string) => {
    const table = readRunCsv(run, 'metrics.csv');
    return table && runCurve(table, name);
  };
  const stepsOf = (some: readonly Method[]) =>
    Math.max(0, ...some.flatMap(({ completed }) => completed.map(({ summary }) => summary.steps)));
  // of a method none of whose runs ended well, the loss is smoothed as that of the others
  const windows = methods.map((method) => windowOf(stepsOf([method]) || stepsOf(methods)));
  const losses = () =>
    methods.flatMap((method, i) =>
      methodCurves([method], (run) => {
        const curve = column(run, 'loss');
        return curve && along(run, smooth(curve, windows[i] as number), x);
      }),
    );
  const rates = () =>
    methodCurves(methods, (run) => {
      const curve = column(run, 'effective_lr');
      return curve && along(run, curve, x);
    });
  const draw: Record<Quantity, () => CurvePanel | undefined> = {
    loss: () => lossPanel(losses(), choice),
    rate: () => {
      const curves = rates();
      return panel('Effective learning rate (log scale)', curves, choice, logAxis(curves, LR_DECADES));
    },
    metric: () => {
      const [name] = metricNames(methods);
      return name === undefined ? undefined : metricPanel(name, choice);
    },
  };
  const panels = choice.quantities.flatMap((quantity) => draw[quantity]() ?? []);
  return { panels, caption: captionOf(methods, windows) };
}

/** Odd, so that the mean is centred. */
function windowOf(steps: number): number {
  return Math.max(1, 2 * Math.round((steps * SMOOTHING_SHARE) / 2) + 1);
}

function captionOf(methods: readonly Method[], windows: readonly number[]): string[] {
  const widest = Math.max(1, ...windows);
  const narrowest = Math.min(widest, ...windows);
  const span = narrowest === widest ? `${widest}` : `${narrowest} to ${widest}`;
  const notes = methods.flatMap(({ fullLabel, leftOut }) =>
    leftOut
      .filter(({ kind }) => kind !== 'duplicate')
      .map(
        ({ run, kind }) =>
          `${fullLabel} seed ${run.seed} ${kind}${kind === 'diverged' ? ' (thin line, ×)' : ''}`,
      ),
  );
  return [
    `Lines: mean over seeds${widest > 1 ? `, the loss smoothed by a centred mean over ${span} steps` : ''}. ` +
      'Bands: least to greatest seed.',
    ...(notes.length > 0 ? [`Not in the means: ${notes.join('; ')}.`] : []),
  ];
}
