/**
 * Figure 11 of the paper, from runs of the task `gan`: learning rates of both networks over the steps, and their losses.
 * A row for each method.
 */
import * as Plot from '@observablehq/plot';
import { MissingError } from '../errors.js';
import { aggregate, type Method, type Setting } from './aggregate.js';
import { logDomain, logTickLabel, logTicks } from './axes.js';
import { type CurvePoint, methodCurves, readRunCsv, runCurve, smooth } from './curves.js';
import { type Block, type Panel, pictureSvg, writePicture } from './picture.js';
import { findRuns } from './runs.js';
import type { LineStyle } from './theme.js';

const NETWORKS = ['discriminator', 'generator'] as const;
type Network = (typeof NETWORKS)[number];

const styles: Readonly<Record<Network, LineStyle>> = {
  discriminator: { color: '#0072B2', dash: '', width: 1.8 },
  generator: { color: '#D55E00', dash: '', width: 1.8 },
};

/** The discriminator's are the common columns of metrics.csv. */
const columns: Readonly<Record<'rate' | 'loss', Readonly<Record<Network, string>>>> = {
  rate: { discriminator: 'effective_lr', generator: 'generator_lr' },
  loss: { discriminator: 'loss', generator: 'generator_loss' },
};

/** Share of the steps that the mean of a smoothed loss reaches over. */
const SMOOTHING_SHARE = 1 / 100;
/** Decades that the learning rate's axis shows at most. */
const LR_DECADES = 7;
/** Factor beyond the rates at both ends of the axis, so that it has ticks where they are constant. */
const ROOM = 2;

/** Runs of the task, each setting with its methods. */
export function ganSettings(results: readonly string[]): Setting[] {
  const settings = aggregate(findRuns(results).filter(({ config }) => config.task === 'gan'));
  if (settings.length === 0) {
    throw new MissingError(
      `${results.join(', ')}: no runs of the task gan; make some with: gen-bench run configs/mini/dcgan-digits.yaml`,
    );
  }
  return settings;
}

function bands(method: Method, quantity: keyof typeof columns): Record<Network, readonly CurvePoint[]> {
  const band = (network: Network) =>
    methodCurves([method], (run) => {
      const table = readRunCsv(run, 'metrics.csv');
      if (!table) return undefined;
      const curve = runCurve(table, columns[quantity][network]);
      const window = quantity === 'loss' ? Math.round(curve.steps.length * SMOOTHING_SHARE) : 1;
      return smooth(curve, window);
    })[0]?.band ?? [];
  return { discriminator: band('discriminator'), generator: band('generator') };
}

function panel(title: string, curves: Record<Network, readonly CurvePoint[]>, y: Plot.ScaleOptions): Panel {
  const marks = NETWORKS.flatMap((network) => [
    Plot.areaY(curves[network], {
      ...{ x: 'step', y1: 'low', y2: 'high', fill: styles[network].color, fillOpacity: 0.14, clip: true },
    }),
    Plot.line(curves[network], {
      ...{
        x: 'step',
        y: 'mean',
        stroke: styles[network].color,
        strokeWidth: styles[network].width,
        clip: true,
      },
    }),
  ]);
  return {
    title,
    options: {
      ...{ marginLeft: 44, marginRight: 14, marginTop: 10, marginBottom: 38 },
      x: { label: 'training step', labelAnchor: 'center', labelArrow: 'none', ticks: 5, tickSize: 4 },
      y: { label: null, grid: true, tickSize: 0, ...y },
      marks: [Plot.ruleX([0], { strokeOpacity: 0 }), ...marks],
    } as Plot.PlotOptions,
  };
}

function blockOf(title: string, method: Method): Block {
  const rates = bands(method, 'rate');
  const domain = logDomain(
    NETWORKS.flatMap((network) => rates[network].flatMap(({ low, high }) => [low / ROOM, high * ROOM])),
    LR_DECADES,
  );
  const rateAxis = { type: 'log', domain, ticks: logTicks(domain), tickFormat: logTickLabel } as const;
  const seeds = method.completed.map(({ seed }) => seed);
  return {
    title: `${title}: ${method.fullLabel}`,
    subtitle: `seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}`,
    legend: NETWORKS.map((label) => ({ label, style: styles[label] })),
    panels: [
      panel('Learning rate (log scale)', rates, rateAxis),
      panel('Loss', bands(method, 'loss'), { nice: true, ticks: 6 }),
    ],
    caption: [
      'Losses are smoothed by a centred mean over a hundredth of the steps. Bands: least to greatest seed.',
    ],
  };
}

/**
 * Draws to `outFile` (.svg or .png).
 *
 * @throws MissingError when there are no runs of the task; UsageError for another ending.
 */
export function ganFigure(results: readonly string[], outFile: string): void {
  const blocks = ganSettings(results).flatMap(({ title, methods }) =>
    methods.filter(({ completed }) => completed.length > 0).map((method) => blockOf(title, method)),
  );
  writePicture(outFile, pictureSvg(blocks, 'Learning rates and losses of generator and discriminator'));
}
