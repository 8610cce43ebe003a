/**
 * Figures of one hyperparameter of GeN: Figures 3, 4, 5 and 14 of the paper. A row of panels for all runs that differ in
 * nothing else, a line a value.
 */
import { MissingError } from '../errors.js';
import { models } from '../models/registry.js';
import { aggregate, type Method } from './aggregate.js';
import { type ComparisonBlock, type CurveChoice, curvePanels } from './curve-panels.js';
import { type FlatConfig, flatConfig, identity } from './identity.js';
import { optimizerLabel } from './method.js';
import { pictureSvg, writePicture } from './picture.js';
import { findRuns, type RunConfig } from './runs.js';
import { type LineStyle, ordinalStyles } from './theme.js';

/** What a figure varies. */
export interface Ablation {
  /** In words, for titles: `the batch size`. */
  readonly what: string;
  /** The key, or all keys of a section (`model.`), that the runs of a row may differ in. */
  readonly path: string;
  /** How its values go by: `Φ = 4`. */
  readonly label: (value: string) => string;
  /** Value of a run; undefined: not part of the figure. */
  readonly value: (config: RunConfig, flat: FlatConfig) => string | undefined;
  /** By default numbers, then words. */
  readonly compare?: (a: string, b: string) => number;
  /** Steps, unless an epoch has another number of steps in every run. */
  readonly x: CurveChoice['x'];
  /** The sweep to run for it. */
  readonly sweep: string;
}

const numbersFirst = (a: string, b: string) =>
  Number.isNaN(Number(a)) || Number.isNaN(Number(b))
    ? Number(Number.isNaN(Number(a))) - Number(Number.isNaN(Number(b)))
    : Number(a) - Number(b);

const modelOrder = Object.keys(models);

export const ablations = {
  batchSize: {
    what: 'the batch size',
    path: 'train.batch_size',
    label: (value) => `B = ${value}`,
    value: (_, flat) => flat.get('train.batch_size'),
    x: 'epoch',
    sweep: 'configs/sweeps/fig3.yaml',
  },
  model: {
    what: 'the model',
    path: 'model.',
    label: (value) => value,
    value: ({ model, task }) => (task === 'classification' ? model.name : undefined),
    compare: (a, b) => modelOrder.indexOf(a) - modelOrder.indexOf(b),
    x: 'step',
    sweep: 'configs/sweeps/fig4.yaml',
  },
  phi: {
    what: 'the lazy interval Φ',
    path: 'scheduler.phi',
    label: (value) => `Φ = ${value}`,
    value: (_, flat) => flat.get('scheduler.phi'),
    x: 'step',
    sweep: 'configs/sweeps/fig5.yaml',
  },
  firstRate: {
    what: 'the first learning rate η₀',
    path: 'scheduler.lr0',
    label: (value) => (value === 'auto' ? 'η₀ searched' : `η₀ = ${value}`),
    value: ({ optimizer }, flat) => {
      const lr0 = flat.get('scheduler.lr0');
      return lr0 === undefined || lr0 === 'null' ? String(optimizer.lr) : lr0;
    },
    x: 'step',
    sweep: 'configs/sweeps/fig14.yaml',
  },
} satisfies Record<string, Ablation>;

interface Variant {
  readonly method: Method;
  readonly value: string;
}

/** GeN's methods that differ in the figure's key alone, two values at least. */
function groups(results: readonly string[], { path, value }: Ablation): Variant[][] {
  const byRest = new Map<string, Variant[]>();
  const methods = aggregate(findRuns(results)).flatMap((setting) => setting.methods);
  for (const method of methods.filter(({ config }) => config.scheduler.name === 'gen')) {
    const flat = flatConfig(method.config);
    const found = value(method.config, flat);
    if (found === undefined) continue;
    const rest = new Map([...flat].filter(([key]) => !key.startsWith(path)));
    const cut = method.completed.find(({ summary }) => summary.status === 'max-steps')?.summary.steps;
    const key = `${identity(rest)}\n${cut ?? 'whole'}`;
    byRest.set(key, [...(byRest.get(key) ?? []), { method, value: found }]);
  }
  return [...byRest.values()].filter((variants) => new Set(variants.map((one) => one.value)).size > 1);
}

function blockOf(variants: readonly Variant[], { what, label, compare, x }: Ablation): ComparisonBlock {
  const sorted = [...variants].sort((a, b) => (compare ?? numbersFirst)(a.value, b.value));
  const looks = ordinalStyles(sorted.length);
  const styles = new Map(sorted.map(({ method }, i) => [method, looks[i] as LineStyle]));
  const { config } = (sorted[0] as Variant).method;
  const seeds = new Set(sorted.flatMap(({ method }) => method.completed.map(({ seed }) => seed)));
  const data = config.dataset ? ` on ${config.dataset.name}` : '';
  const names = new Set(sorted.map(({ method }) => method.config.model.name));
  return {
    title: `GeN-${optimizerLabel(config)}${names.size === 1 ? `, ${[...names].join()}` : ''}${data}`,
    subtitle: `by ${what} · seed${seeds.size > 1 ? 's' : ''} ${[...seeds].sort((a, b) => a - b).join(', ')}`,
    legend: sorted.map(({ value }, i) => ({ label: label(value), style: looks[i] as LineStyle })),
    ...curvePanels({
      methods: sorted.map(({ method }) => method),
      ...{ styles, x, quantities: ['loss', 'metric', 'rate'] },
    }),
  };
}

/**
 * Draws GeN's runs under `results` that differ in one hyperparameter to `out` (.svg or .png).
 *
 * @throws MissingError when no two runs differ in it alone; UsageError for another ending.
 */
export function ablationFigure(ablation: Ablation, results: readonly string[], out: string): void {
  const blocks = groups(results, ablation).map((variants) => blockOf(variants, ablation));
  if (blocks.length === 0) {
    throw new MissingError(
      `${results.join(', ')}: no runs of GeN that differ in ${ablation.what} alone; ` +
        `make some with: gen-bench sweep ${ablation.sweep}`,
    );
  }
  writePicture(out, pictureSvg(blocks, `Convergence of GeN by ${ablation.what}`));
}
