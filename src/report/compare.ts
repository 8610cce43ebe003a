import { metrics as metricRegistry } from '../metrics/registry.js';
import { aggregate, type Method, metricNames, referenceOf, type Setting, valuesBySeed } from './aggregate.js';
import { comparisonCsv } from './compare-csv.js';
import { comparisonMarkdown, comparisonTerminal } from './compare-text.js';
import { provenanceNotes } from './provenance-notes.js';
import { findRuns } from './runs.js';
import {
  type PairedDifference,
  pairedDifference,
  type Statistic,
  statistic,
  type WinRecord,
  winRecord,
} from './statistics.js';
import { type Target, type TargetCell, targetCell } from './target.js';

export type CompareFormat = 'terminal' | 'md' | 'csv' | 'json';

interface MetricCell extends Statistic {
  /** Whether no other method of the setting has a better mean; methods with a diverged run do not compete. */
  readonly isBest: boolean;
  /** Against GeN (`referenceOf`), paired by seed; undefined for that method itself and where there are no pairs. */
  readonly difference: PairedDifference | undefined;
  /** Seeds on which it is better and worse than GeN; undefined also where no direction is better. */
  readonly record: WinRecord | undefined;
}

/** A method's line in a comparison; statistics are over its completed seeds, undefined where there are none. */
export interface ComparisonRow {
  readonly label: string;
  readonly optimizer: string;
  readonly scheduler: string;
  /** Final test metrics by name. */
  readonly metrics: Readonly<Record<string, MetricCell | undefined>>;
  /** Mean training loss at the end of the run, see `finalLoss` in src/run/summary.ts. */
  readonly trainLoss: Statistic | undefined;
  readonly forwardPasses: Statistic | undefined;
  readonly backwardPasses: Statistic | undefined;
  /** Training, probes and waiting for data, without evaluation. */
  readonly timeS: Statistic | undefined;
  /** Everything, set-up and evaluation included. */
  readonly wallS: Statistic | undefined;
  /** Cost until each target that was asked for. */
  readonly targets: readonly TargetCell[];
  readonly completedSeeds: readonly number[];
  readonly divergedSeeds: readonly number[];
  readonly unfinishedSeeds: readonly number[];
  readonly missingSeeds: readonly number[];
}

/** Methods compared in one setting. */
export interface Comparison {
  readonly title: string;
  readonly metrics: readonly string[];
  readonly rows: readonly ComparisonRow[];
  /** Everything a reader must know of what is not in the numbers: a sentence each. */
  readonly notes: readonly string[];
}

const bestOf = (values: readonly number[], better: 'higher' | 'lower') =>
  better === 'higher' ? Math.max(...values) : Math.min(...values);

function metricCells(name: string, methods: readonly Method[]): (MetricCell | undefined)[] {
  const values = methods.map((method) => valuesBySeed(method, (summary) => summary.final[name]));
  const statistics = values.map((bySeed) => statistic([...bySeed.values()]));
  const competes = methods.map(({ leftOut }) => leftOut.every(({ kind }) => kind !== 'diverged'));
  const means = statistics.flatMap((found, i) =>
    found && competes[i] && Number.isFinite(found.mean) ? [found.mean] : [],
  );
  const better = metricRegistry[name]?.better; // of an unregistered one, a coordinate say, none is best
  const best = better === undefined ? undefined : bestOf(means, better);
  return methods.map((method, i) => {
    const own = statistics[i];
    if (!own) return undefined;
    const reference = referenceOf(method, methods);
    const others = reference && reference !== method ? values[methods.indexOf(reference)] : undefined;
    return {
      ...own,
      isBest: competes[i] === true && own.mean === best,
      difference: others && pairedDifference(values[i] ?? new Map(), others),
      record: others && better && winRecord(values[i] ?? new Map(), others, better),
    };
  });
}

function notesOf({ methods }: Setting): string[] {
  const notes: string[] = [];
  for (const { fullLabel, leftOut, missingSeeds } of methods) {
    for (const { run, reason } of leftOut) {
      notes.push(`${fullLabel}, seed ${run.seed}: ${reason}; not in the means (${run.dir})`);
    }
    if (missingSeeds.length > 0) notes.push(`${fullLabel}: no run with seed ${missingSeeds.join(', ')}`);
  }
  const runs = methods.flatMap(({ completed }) => completed);
  return [...notes, ...provenanceNotes(runs.map(({ dir }) => dir))];
}

/** The numbers of a comparison, before any formatting. */
export function compareSetting(setting: Setting, targets: readonly Target[] = []): Comparison {
  const { methods, title } = setting;
  const names = metricNames(methods);
  const cells = names.map((name) => metricCells(name, methods));
  const rows = methods.map((method, i): ComparisonRow => {
    const over = (value: Parameters<typeof valuesBySeed>[1]) =>
      statistic([...valuesBySeed(method, value).values()]);
    const left = (kind: 'diverged' | 'unfinished') =>
      method.leftOut.filter((out) => out.kind === kind).map(({ run }) => run.seed);
    return {
      label: method.label,
      optimizer: method.optimizer,
      scheduler: method.config.scheduler.name,
      metrics: Object.fromEntries(names.map((name, m) => [name, cells[m]?.[i]])),
      trainLoss: over((summary) => summary.finalLoss),
      forwardPasses: over((summary) => summary.forwardPasses),
      backwardPasses: over((summary) => summary.backwardPasses),
      timeS: over(({ time }) => (time.trainMs + time.probeMs + time.dataMs) / 1000),
      wallS: over(({ time }) => time.wallMs / 1000),
      targets: targets.map((target) => targetCell(method, target)),
      completedSeeds: method.completed.map(({ seed }) => seed),
      divergedSeeds: left('diverged'),
      unfinishedSeeds: left('unfinished'),
      missingSeeds: method.missingSeeds,
    };
  });
  return { title, metrics: names, rows, notes: notesOf(setting) };
}

/**
 * Compares every run found under `paths`, a table for each setting (model, data, length), and returns the text.
 * Diverged and unfinished runs are named and never enter a mean.
 *
 * @throws MissingError when there are no runs.
 */
export function compare(
  paths: readonly string[],
  options: {
    readonly format: CompareFormat;
    /** Characters in a line of the terminal; undefined: its own width, none where there is no terminal. */
    readonly width?: number;
    /** Values to reach, whose cost is compared. */
    readonly targets?: readonly Target[];
  },
): string {
  const comparisons = aggregate(findRuns(paths)).map((setting) => compareSetting(setting, options.targets));
  switch (options.format) {
    case 'terminal':
      return comparisonTerminal(
        comparisons,
        options.width ?? process.stdout.columns ?? Number.POSITIVE_INFINITY,
      );
    case 'md':
      return comparisonMarkdown(comparisons);
    case 'csv':
      return comparisonCsv(comparisons);
    case 'json':
      return `${JSON.stringify(comparisons, null, 2)}\n`;
  }
}
