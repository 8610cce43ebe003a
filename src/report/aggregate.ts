import { metrics as metricRegistry } from '../metrics/registry.js';
import type { RunSummary } from '../run/summary.js';
import { differences, type FlatConfig, flatConfig, identity } from './identity.js';
import { compareMethods, methodLabel, optimizerLabel, schedulerLabel } from './method.js';
import type { Run, RunConfig } from './runs.js';

/** A run whose numbers may enter a mean. */
export interface CompletedRun extends Run {
  readonly summary: RunSummary;
}

/** A run that is there but is left out of every mean, and why. */
interface LeftOutRun {
  readonly run: Run;
  readonly kind: 'diverged' | 'unfinished' | 'duplicate';
  /** e.g. `diverged: loss is NaN at step 17`. */
  readonly reason: string;
}

/** All runs that differ in nothing but the seed. */
export interface Method {
  readonly config: RunConfig;
  /** Scheduler, with whatever else tells it from its neighbours: `GeN (paper)`, `constant, lr=0.01`. */
  readonly label: string;
  /** Scheduler and base optimizer: `GeN-SGD (paper)`, `SGD (constant), lr=0.01`. */
  readonly fullLabel: string;
  /** Base optimizer, e.g. `SGD`. */
  readonly optimizer: string;
  /** At most one a seed, by seed. */
  readonly completed: readonly CompletedRun[];
  readonly leftOut: readonly LeftOutRun[];
  /** Seeds that other methods of the setting have and this one has no run of. */
  readonly missingSeeds: readonly number[];
}

/** Everything a fair comparison holds fixed: task, model, data, length and batch; methods differ only in the rest. */
export interface Setting {
  readonly title: string;
  /** GeN first, then in the order of the paper's Table 2. */
  readonly methods: readonly Method[];
  /** Every seed of any run. */
  readonly seeds: readonly number[];
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return [...groups.values()];
}

/** Status of a run that was stopped as asked before its config's end. */
const CUT = 'max-steps';

/** The config without what a method is. */
function settingConfig({ config }: Run): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [path, value] of flatConfig(config)) {
    if (!path.startsWith('optimizer.') && !path.startsWith('scheduler.')) flat.set(path, value);
  }
  return flat;
}

/**
 * Runs cut short by --max-steps are a setting of their own for each number of steps. A run that did not get that far
 * (diverged, killed) could belong to any of them; it goes with the whole runs, or with the cut ones where there are no
 * others.
 */
function splitByLength(runs: readonly Run[]): { runs: Run[]; config: FlatConfig }[] {
  const lengthOf = ({ summary }: Run) => (summary?.status === CUT ? summary.steps : undefined);
  const cuts = [...new Set(runs.flatMap((run) => lengthOf(run) ?? []))];
  const rest = runs.filter((run) => lengthOf(run) === undefined);
  const restIsUnfinished = rest.every(({ summary }) => summary?.status !== 'done');
  const groups = cuts.map((steps) => ({ steps, runs: runs.filter((run) => lengthOf(run) === steps) }));
  const first = groups[0];
  if (first && restIsUnfinished) first.runs.push(...rest);
  const split = groups.map((group) => ({
    runs: group.runs,
    config: settingConfig(group.runs[0] as Run).set(CUT, String(group.steps)),
  }));
  if (first && restIsUnfinished) return split;
  return [{ runs: rest, config: settingConfig(rest[0] as Run) }, ...split];
}

function baseTitle({ model, dataset }: RunConfig): string {
  return dataset === undefined ? model.name : `${model.name} on ${dataset.name}`;
}

/** Labels that are all different: equal ones get the config keys that tell them apart. */
function distinct(labels: readonly string[], configs: readonly FlatConfig[]): string[] {
  const result = [...labels];
  for (const label of new Set(labels)) {
    const same = labels.flatMap((other, index) => (other === label ? [index] : []));
    if (same.length < 2) continue;
    const texts = differences(same.map((index) => configs[index] ?? new Map()));
    same.forEach((index, i) => {
      result[index] = texts[i] ? `${label}, ${texts[i]}` : label;
    });
  }
  return result;
}

function isCompleted(run: Run): run is CompletedRun {
  return run.summary?.status === 'done' || run.summary?.status === CUT;
}

function sortRuns(runs: readonly Run[]): Pick<Method, 'completed' | 'leftOut'> {
  const bySeed = new Map<number, CompletedRun>();
  const leftOut: LeftOutRun[] = [];
  for (const run of runs) {
    const { seed, summary } = run;
    const first = bySeed.get(seed);
    if (!isCompleted(run)) {
      const diverged = summary?.status === 'diverged';
      const reason = diverged
        ? `diverged: ${summary.stopReason}`
        : `unfinished${summary === undefined ? '' : `: ${summary.stopReason}`}`;
      leftOut.push({ run, kind: diverged ? 'diverged' : 'unfinished', reason });
    } else if (first) {
      leftOut.push({
        run,
        kind: 'duplicate',
        reason: `another run of the same config and seed as ${first.dir}`,
      });
    } else {
      bySeed.set(seed, run);
    }
  }
  const completed = [...bySeed.values()].sort((a, b) => a.seed - b.seed);
  return { completed, leftOut };
}

function aggregateSetting(runs: readonly Run[], title: string): Setting {
  const seeds = [...new Set(runs.map((run) => run.seed))].sort((a, b) => a - b);
  const groups = groupBy(runs, (run) => identity(flatConfig(run.config)))
    .map((group) => ({ group, config: (group[0] as Run).config }))
    .sort((a, b) => compareMethods(a.config, b.config));
  const configs = groups.map(({ config }) => flatConfig(config));
  const byOptimizer = groups.map(({ config }) => `${schedulerLabel(config)}\n${optimizerLabel(config)}`);
  const labels = distinct(byOptimizer, configs).map((label) => label.replace(/\n[^,]*/, ''));
  const fullLabels = distinct(
    groups.map(({ config }) => methodLabel(config)),
    configs,
  );
  const methods = groups.map(({ group, config }, i): Method => {
    const present = new Set(group.map((run) => run.seed));
    return {
      config,
      label: labels[i] ?? '',
      fullLabel: fullLabels[i] ?? '',
      optimizer: optimizerLabel(config),
      ...sortRuns(group),
      missingSeeds: seeds.filter((seed) => !present.has(seed)),
    };
  });
  return { title, methods, seeds };
}

/** Sorts runs into settings, and within each into methods. Order of the settings: first met first. */
export function aggregate(runs: readonly Run[]): Setting[] {
  const groups = groupBy(runs, (run) => identity(settingConfig(run))).flatMap(splitByLength);
  const titles = distinct(
    groups.map((group) => baseTitle((group.runs[0] as Run).config)),
    groups.map(({ config }) => config),
  );
  return groups.map((group, i) => aggregateSetting(group.runs, titles[i] ?? ''));
}

/** Metrics that any completed run has, registered ones first and in the registry's order. */
export function metricNames(methods: readonly Method[]): string[] {
  const found = new Set(
    methods.flatMap(({ completed }) => completed.flatMap(({ summary }) => Object.keys(summary.final))),
  );
  const known = Object.keys(metricRegistry).filter((name) => found.has(name));
  return [...known, ...[...found].filter((name) => !(name in metricRegistry)).sort()];
}

/**
 * The GeN method that another one is compared with: the first over the same base optimizer, else the first of all;
 * undefined where there is none.
 */
export function referenceOf(method: Method, methods: readonly Method[]): Method | undefined {
  const gen = methods.filter(({ config }) => config.scheduler.name === 'gen');
  return gen.find(({ optimizer }) => optimizer === method.optimizer) ?? gen[0];
}

/** Values of one quantity of a method's completed runs by seed; runs that lack it are left out. */
export function valuesBySeed(
  method: Method,
  value: (summary: RunSummary) => number | undefined,
): Map<number, number> {
  const values = new Map<number, number>();
  for (const { seed, summary } of method.completed) {
    const found = value(summary);
    if (found !== undefined) values.set(seed, found);
  }
  return values;
}
