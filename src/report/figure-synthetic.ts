/**
 * Figures 6 and 7 of the paper: optimizers on the Rosenbrock and Beale functions (Section 5, Appendix B.1). Loss over
 * the iterations and the path over the function's contours: above GeN-SGD against the base optimizers, below each
 * base optimizer against its own GeN variant. As in the paper, every method shows its best learning rate.
 */
import * as Plot from '@observablehq/plot';
import { MissingError } from '../errors.js';
import { aggregate, type CompletedRun, type Method, type Setting } from './aggregate.js';
import { extent, logDomain, logTickLabel, logTicks } from './axes.js';
import { type RunCurve, readRunCsv, runCurve, thin } from './curves.js';
import { type Block, type Panel, pictureSvg, writePicture } from './picture.js';
import { findRuns } from './runs.js';
import { pairStyle } from './theme.js';

interface Landscape {
  readonly label: string;
  readonly value: (x1: number, x2: number) => number;
  readonly minimum: readonly [number, number];
  /** Iterations that the paths are drawn for, in the upper and the lower row (captions of Figures 6 and 7). */
  readonly iterations: readonly [number, number];
}

const landscapes: Readonly<Record<string, Landscape>> = {
  rosenbrock: {
    label: 'Rosenbrock function',
    value: (x1, x2) => 100 * (x2 - x1 ** 2) ** 2 + (1 - x1) ** 2,
    minimum: [1, 1],
    iterations: [40, 180],
  },
  beale: {
    label: 'Beale function',
    value: (x1, x2) =>
      (1.5 - x1 + x1 * x2) ** 2 + (2.25 - x1 + x1 * x2 ** 2) ** 2 + (2.625 - x1 + x1 * x2 ** 3) ** 2,
    minimum: [3, 0.5],
    iterations: [60, 40],
  },
};

/** Decades that the loss axis shows at most. */
const LOSS_DECADES = 16;
const CONTOUR_COLOR = '#8c959f';

/** A method's run with its losses and its path. */
interface Descent {
  readonly method: Method;
  readonly run: CompletedRun;
  readonly loss: RunCurve;
  /** x1, x2 before each step: the start first. */
  readonly path: readonly (readonly [number, number])[];
}

function descentOf(method: Method): Descent | undefined {
  const run = method.completed[0]; // deterministic: all seeds are alike
  const table = run && readRunCsv(run, 'metrics.csv');
  if (!table) return undefined;
  const x1 = table.numbers('x1');
  const x2 = table.numbers('x2');
  const path = Array.from(x1, (x, i): [number, number] => [x, x2[i] as number]);
  return {
    method,
    run,
    loss: runCurve(table, 'loss'),
    path: path.filter((point) => point.every(Number.isFinite)),
  };
}

const objective = ({ run }: Descent) => run.summary.final.loss ?? run.summary.finalLoss;

/** Of the methods with the same scheduler and base optimizer, the one that ended lowest. */
function best(descents: readonly Descent[]): Descent[] {
  const chosen = new Map<string, Descent>();
  for (const descent of descents) {
    const { optimizer, scheduler } = descent.method.config;
    const key = `${scheduler.name} ${optimizer.name}`;
    const other = chosen.get(key);
    if (!other || objective(descent) < objective(other)) chosen.set(key, descent);
  }
  return [...chosen.values()];
}

const isGen = ({ method }: Pick<Descent, 'method'>) => method.config.scheduler.name === 'gen';
const optimizerOf = ({ method }: Descent) => method.config.optimizer.name;

const label = ({ method }: Pick<Descent, 'method'>) =>
  isGen({ method }) ? `GeN-${method.optimizer}` : method.optimizer;

const strokeOf = (descent: Descent) => {
  const { color, dash, width } = pairStyle(descent.method);
  return {
    stroke: color,
    strokeWidth: width,
    strokeDasharray: dash || undefined,
    strokeLinejoin: 'round' as const,
  };
};

const frame = { marginLeft: 44, marginRight: 14, marginTop: 10, marginBottom: 38 };
const axis = { labelAnchor: 'center', labelArrow: 'none', tickSize: 4 } as const;

function lossPanel(descents: readonly Descent[]): Panel {
  const domain = logDomain(
    descents.flatMap(({ loss }) => loss.values),
    LOSS_DECADES,
  );
  return {
    title: 'Loss (log scale)',
    options: {
      ...frame,
      x: { ...axis, label: 'iteration', ticks: 5 },
      y: {
        type: 'log',
        domain,
        label: null,
        grid: true,
        tickSize: 0,
        ticks: logTicks(domain),
        tickFormat: logTickLabel,
      },
      marks: descents.map((descent) => {
        const { steps, values } = descent.loss;
        const points = thin(steps.map((step, i) => ({ step, value: values[i] as number }))).filter(
          ({ value }) => value > 0,
        );
        return Plot.line(points, { x: 'step', y: 'value', clip: true, ...strokeOf(descent) });
      }),
    },
  };
}

/** Room for the paths, the start and the minimum; a path that runs off does not shrink the rest. */
function pathDomain(values: readonly number[], start: number, minimum: number): [number, number] {
  const reach = Math.max(Math.abs(start - minimum), 1);
  const [low, high] = extent([...values, start, minimum]) ?? [0, 1];
  const bottom = Math.max(low, Math.min(start, minimum) - reach);
  const top = Math.min(high, Math.max(start, minimum) + reach);
  const room = 0.08 * (top - bottom);
  return [bottom - room, top + room];
}

function pathPanel(descents: readonly Descent[], landscape: Landscape, iterations: number): Panel {
  const { value, minimum } = landscape;
  const paths = descents.map((descent) => ({ descent, path: descent.path.slice(0, iterations + 1) }));
  const start = paths[0]?.path[0] ?? minimum;
  const domain = (axisIndex: 0 | 1) =>
    pathDomain(
      paths.flatMap(({ path }) => path.map((point) => point[axisIndex])),
      start[axisIndex],
      minimum[axisIndex],
    );
  const [x, y] = [domain(0), domain(1)];
  const height = (x1: number, x2: number) => Math.log10(value(x1, x2) + 1e-6);
  const corners = { x1: x[0], y1: y[0], x2: x[1], y2: y[1] };
  const thresholds = Array.from({ length: 9 }, (_, i) => -1 + i / 2);
  return {
    title: `Path of the first ${Math.max(...paths.map(({ path }) => path.length)) - 1} iterations`,
    options: {
      ...frame,
      marginLeft: 56, // for the label of the axis beside its ticks
      x: { ...axis, domain: x, label: 'x₁', ticks: 5 },
      y: { ...axis, domain: y, label: 'x₂', ticks: 5 },
      color: { type: 'linear', range: [CONTOUR_COLOR, CONTOUR_COLOR] },
      marks: [
        Plot.contour({
          ...corners,
          stroke: height,
          pixelSize: 1.5,
          thresholds,
          strokeWidth: 0.75,
          strokeOpacity: 0.55,
        } as Plot.ContourOptions),
        ...paths.map(({ descent, path }) => Plot.line(path, { clip: true, ...strokeOf(descent) })),
        ...paths.map(({ descent, path }) =>
          Plot.dot(path.slice(-1), { fill: pairStyle(descent.method).color, r: 3, clip: true }),
        ),
        Plot.dot([start], { stroke: 'currentColor', fill: 'none', r: 5, strokeWidth: 1.5 }),
        Plot.dot([minimum], { symbol: 'star', fill: 'currentColor', r: 5 }),
      ],
    },
  };
}

function blockOf(
  title: string,
  descents: readonly Descent[],
  landscape: Landscape,
  row: 0 | 1,
  absent: readonly string[],
): Block {
  const rates = descents.map((descent) => {
    const { optimizer, scheduler } = descent.method.config;
    return `${label(descent)} ${String(scheduler.lr0 ?? optimizer.lr)}`;
  });
  return {
    title: landscape.label,
    subtitle: title,
    legend: descents.map((descent) => ({ label: label(descent), style: pairStyle(descent.method) })),
    panels: [lossPanel(descents), pathPanel(descents, landscape, landscape.iterations[row])],
    caption: [
      `Ring: start; star: minimum; dot: where the path stands. Best learning rate of each (GeN: its initial one): ${rates.join(', ')}.`,
      ...(absent.length > 0 ? [`No run that ended well: ${absent.join(', ')}.`] : []),
    ],
    panelHeight: 300,
  };
}

function blocksOf(setting: Setting, landscape: Landscape): Block[] {
  const all = setting.methods.flatMap((method) => descentOf(method) ?? []);
  const shown = best(
    all.filter((descent) => isGen(descent) || descent.method.config.scheduler.name === 'constant'),
  );
  const bases = shown.filter((descent) => !isGen(descent));
  const gens = shown.filter(isGen);
  const ended = new Set(shown.map(label));
  const absent = setting.methods.map((method) => label({ method })).filter((name) => !ended.has(name));
  const block = (title: string, descents: readonly Descent[], row: 0 | 1) =>
    descents.length > 0 ? [blockOf(title, descents, landscape, row, [...new Set(absent)])] : [];
  const first = [...gens.filter((descent) => optimizerOf(descent) === 'sgd'), ...bases];
  const pairs = gens.flatMap((gen) => [
    gen,
    ...bases.filter((base) => optimizerOf(base) === optimizerOf(gen)),
  ]);
  return [
    ...block('GeN-SGD and the base optimizers', first, 0),
    ...block('Base optimizers (dashed) and their GeN variants (solid)', pairs, 1),
  ];
}

/**
 * Draws the runs of a test function found under `runDirs` to `outFile` (.svg or .png).
 *
 * @throws MissingError when there is no completed run of it; UsageError for another ending.
 */
export function syntheticFigure(functionName: string, runDirs: readonly string[], outFile: string): void {
  const landscape = landscapes[functionName];
  if (!landscape) throw new Error(`no landscape for ${functionName}`);
  const runs = findRuns(runDirs).filter(
    ({ config }) => config.task === 'synthetic' && config.model.name === functionName,
  );
  const blocks = aggregate(runs).flatMap((setting) => blocksOf(setting, landscape));
  if (blocks.length === 0) {
    throw new MissingError(
      `${runDirs.join(', ')}: no completed run of ${functionName}; make some with "gen-bench run configs/${functionName}.yaml"`,
    );
  }
  writePicture(outFile, pictureSvg(blocks, `Optimizers on the ${landscape.label}`));
}
