import { metrics as metricRegistry } from '../metrics/registry.js';
import { aggregate, type Method, metricNames, type Setting, valuesBySeed } from './aggregate.js';
import { flatConfig, identity } from './identity.js';
import type { Run, RunConfig } from './runs.js';

/** Results of a method started at one learning rate, over its seeds. */
export interface SensitivityPoint {
  readonly lr0: number;
  /** Absent where no seed was completed. */
  readonly mean?: number;
  readonly low?: number;
  readonly high?: number;
  /** Whether a seed diverged; then the point has no mean that could be compared. */
  readonly diverged: boolean;
}

/** A method over the initial learning rates it was run with. */
export interface SensitivityCurve {
  /** The method at its first learning rate: the others differ in nothing else. */
  readonly method: Method;
  readonly label: string;
  readonly isGen: boolean;
  /** By learning rate; a single one where the method has none to choose (Prodigy). */
  readonly points: readonly SensitivityPoint[];
  /** With the best mean of those without a diverged seed: what tuning would find. */
  readonly best: SensitivityPoint | undefined;
  /** At the middle of the grid: what a user without a hint might start from. */
  readonly untuned: SensitivityPoint | undefined;
}

/** One setting and base optimizer: every method over η₀. */
export interface Sensitivity {
  readonly title: string;
  readonly optimizer: string;
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly percent: boolean;
  readonly seeds: readonly number[];
  readonly curves: readonly SensitivityCurve[];
}

/** The learning rate a run starts from; undefined where the method finds its own. */
function initialRate({ optimizer, scheduler }: RunConfig): number | undefined {
  const own = scheduler.lr0;
  if (own === 'auto') return undefined;
  const rate = own ?? optimizer.lr;
  return typeof rate === 'number' && rate > 0 ? rate : undefined;
}

/** Methods that set their own step: `lr` of the optimizer plays no part in them. */
const withoutRate = new Set(['prodigy', 'd-adapt', 'dog', 'dowg']);

function groupKey({ config }: Method): string {
  const flat = new Map(flatConfig(config));
  flat.delete('optimizer.lr');
  flat.delete('scheduler.lr0');
  return identity(flat);
}

const scoreOf = (metric: string) => (summary: NonNullable<Run['summary']>) =>
  metric === LOSS ? summary.finalLoss : summary.final[metric];

/** Where there is no metric, the training loss at the end. */
const LOSS = 'training loss';

function pointOf(method: Method, metric: string): SensitivityPoint {
  const values = [...valuesBySeed(method, scoreOf(metric)).values()].filter(Number.isFinite);
  const diverged = method.leftOut.some(({ kind }) => kind === 'diverged');
  const lr0 = initialRate(method.config) ?? Number.NaN;
  if (values.length === 0) return { lr0, diverged };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { lr0, mean, low: Math.min(...values), high: Math.max(...values), diverged };
}

/** The middle element; with an even number the lower of the two. */
function middle<T>(items: readonly T[]): T | undefined {
  return items[Math.ceil(items.length / 2) - 1];
}

function curveOf(
  methods: readonly Method[],
  metric: string,
  better: 'higher' | 'lower',
  label: string,
): SensitivityCurve {
  const first = methods[0] as Method;
  const free = withoutRate.has(first.config.scheduler.name);
  const points = (free ? methods.slice(0, 1) : methods)
    .map((method) => pointOf(method, metric))
    .sort((a, b) => a.lr0 - b.lr0);
  const sign = better === 'higher' ? 1 : -1;
  const comparable = points.filter(({ mean, diverged }) => mean !== undefined && !diverged);
  const [best] = [...comparable].sort((a, b) => sign * ((b.mean as number) - (a.mean as number)));
  return {
    method: first,
    label,
    isGen: first.config.scheduler.name === 'gen',
    points: free ? points.map((point) => ({ ...point, lr0: Number.NaN })) : points,
    best,
    untuned: middle(points),
  };
}

/** The label without the learning rate that told the methods of a group apart. */
function labelOf({ label }: Method): string {
  return label
    .split(', ')
    .filter((part) => !/^(optimizer\.|scheduler\.)?lr0?=/.test(part))
    .join(', ');
}

function sensitivityOf(setting: Setting, optimizer: string): Sensitivity {
  const methods = setting.methods.filter((method) => method.optimizer === optimizer);
  const metric = metricNames(methods)[0] ?? LOSS;
  const better = metricRegistry[metric]?.better ?? 'lower';
  const groups = new Map<string, Method[]>();
  for (const method of methods) {
    const key = groupKey(method);
    groups.set(key, [...(groups.get(key) ?? []), method]);
  }
  return {
    title: setting.title,
    optimizer,
    metric,
    better,
    percent: metricRegistry[metric]?.percent === true,
    seeds: setting.seeds,
    curves: [...groups.values()].map((group) => curveOf(group, metric, better, labelOf(group[0] as Method))),
  };
}

/** Every setting and base optimizer in which some method was run with two or more initial learning rates. */
export function sensitivities(runs: readonly Run[]): Sensitivity[] {
  return aggregate(runs)
    .flatMap((setting) => {
      const optimizers = [...new Set(setting.methods.map(({ optimizer }) => optimizer))];
      return optimizers.map((optimizer) => sensitivityOf(setting, optimizer));
    })
    .filter(({ curves }) => curves.some(({ points }) => points.length > 1));
}
