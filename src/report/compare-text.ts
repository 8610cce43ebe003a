import Table from 'cli-table3';
import { metrics as metricRegistry } from '../metrics/registry.js';
import type { Comparison, ComparisonRow } from './compare.js';
import {
  formatDifference,
  formatMean,
  formatRecord,
  formatStatistic,
  integerStyle,
  type NumberStyle,
  percentStyle,
  plainStyle,
  secondsStyle,
} from './format.js';
import { type TargetCell, targetLabel } from './target.js';

export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  cell(row: ComparisonRow): string;
  /** Whether the row has the best value of the column. */
  isBest?(row: ComparisonRow): boolean;
  /** On a narrow terminal the column with the highest number goes first; those without stay. */
  readonly expendable?: number;
}

const styleOf = (metric: string): NumberStyle =>
  metricRegistry[metric]?.percent ? percentStyle : plainStyle;

function metricColumns(metric: string, comparison: Comparison): Column[] {
  const style = styleOf(metric);
  const unit = style === percentStyle ? ' %' : '';
  const columns: Column[] = [
    {
      head: `${metric}${unit}`,
      align: 'right',
      cell: (row) => {
        if (!row.metrics[metric]) return row.divergedSeeds.length > 0 ? 'diverged' : 'not finished';
        return formatStatistic(row.metrics[metric], style);
      },
      isBest: (row) => row.metrics[metric]?.isBest === true,
      expendable: metric === comparison.metrics[0] ? undefined : 2,
    },
  ];
  const compared = comparison.rows.some((row) => row.metrics[metric]?.difference);
  // one difference column is enough: the first metric is the one the task is scored by
  if (compared && metric === comparison.metrics[0]) {
    columns.push({
      head: 'vs GeN',
      align: 'right',
      cell: (row) => formatDifference(row.metrics[metric]?.difference, style),
    });
    if (comparison.rows.some((row) => row.metrics[metric]?.record)) {
      columns.push({
        head: 'won–lost',
        align: 'right',
        cell: (row) => formatRecord(row.metrics[metric]?.record),
        expendable: 5,
      });
    }
  }
  return columns;
}

/** What it cost to reach a target: passes and seconds, and how many seeds got there. */
function targetColumns(comparison: Comparison): Column[] {
  const targets = comparison.rows[0]?.targets ?? [];
  return targets.flatMap(({ target }, t): Column[] => {
    const cellOf = (row: ComparisonRow) => row.targets[t] as TargetCell;
    const label = `to ${targetLabel(target)}`;
    return [
      {
        head: `${label}: fwd`,
        align: 'right',
        cell(row) {
          const { forwardPasses, reachedSeeds } = cellOf(row);
          if (!forwardPasses) return 'never';
          const all = row.completedSeeds.length;
          const some = reachedSeeds.length < all ? ` (${reachedSeeds.length} of ${all})` : '';
          return formatMean(forwardPasses, integerStyle) + some;
        },
      },
      { head: 'bwd', align: 'right', cell: (row) => formatMean(cellOf(row).backwardPasses, integerStyle) },
      { head: 's', align: 'right', cell: (row) => formatMean(cellOf(row).timeS, secondsStyle) },
    ];
  });
}

export function columnsOf(comparison: Comparison): Column[] {
  const optimizers = new Set(comparison.rows.map((row) => row.optimizer));
  return [
    { head: 'method', align: 'left', cell: (row) => row.label },
    ...(optimizers.size > 1
      ? [{ head: 'optimizer', align: 'left' as const, cell: (row: ComparisonRow) => row.optimizer }]
      : []),
    ...comparison.metrics.flatMap((metric) => metricColumns(metric, comparison)),
    {
      head: 'train loss',
      align: 'right',
      cell: (row) => formatStatistic(row.trainLoss, plainStyle),
      expendable: 1,
    },
    { head: 'fwd', align: 'right', cell: (row) => formatMean(row.forwardPasses, integerStyle) },
    {
      head: 'bwd',
      align: 'right',
      cell: (row) => formatMean(row.backwardPasses, integerStyle),
      expendable: 3,
    },
    ...targetColumns(comparison),
    { head: 'time s', align: 'right', cell: (row) => formatMean(row.timeS, secondsStyle) },
    { head: 'wall s', align: 'right', cell: (row) => formatMean(row.wallS, secondsStyle), expendable: 4 },
    { head: 'seeds', align: 'right', cell: seedsCell },
  ];
}

/** `2`, or `1 of 2` where a run diverged, is unfinished or missing. */
function seedsCell(row: ComparisonRow): string {
  const done = row.completedSeeds.length;
  const all = new Set([
    ...row.completedSeeds,
    ...row.divergedSeeds,
    ...row.unfinishedSeeds,
    ...row.missingSeeds,
  ]).size;
  return done === all ? String(done) : `${done} of ${all}`;
}

function heading({ title, rows }: Comparison): string {
  const optimizers = new Set(rows.map((row) => row.optimizer));
  return optimizers.size === 1 ? `${title}, base optimizer ${[...optimizers].join()}` : title;
}

/** What the columns mean; `mark` is how the best mean is marked. */
export function legend(comparison: Comparison, mark: string): string[] {
  const metric = comparison.metrics[0] ?? 'metric';
  const compared = comparison.rows.some((row) => row.metrics[metric]?.difference);
  return [
    `${comparison.metrics.join(', ') || 'metrics'}: last evaluation on the test set, mean ± sample standard deviation` +
      ` over seeds; ${mark} the best mean (where no seed diverged).`,
    ...(compared
      ? [
          `vs GeN: mean difference in ${metric} by seed to the first GeN over the same optimizer,`,
          "  with its 95 % confidence interval (Student's t): one that contains 0 decides nothing.",
          'won–lost: seeds on which the method is better and worse than that GeN.',
        ]
      : []),
    'train loss: mean over the end of training. fwd, bwd: forward and backward passes over a batch, probes included.',
    ...((comparison.rows[0]?.targets.length ?? 0) > 0
      ? [
          'to …: passes and seconds (as time) until an evaluation first reached the value, mean over the seeds that did,',
          '  as fine as eval.every.',
        ]
      : []),
    'time: training, probes and data, without evaluation; wall: everything.',
  ];
}

/** Spaces between columns. */
const GUTTER = 2;

function terminalTable(columns: readonly Column[], rows: readonly ComparisonRow[]): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GUTTER },
    chars: {
      ...{ top: '─', 'top-mid': '─', 'top-left': '', 'top-right': '' },
      ...{ bottom: '─', 'bottom-mid': '─', 'bottom-left': '', 'bottom-right': '' },
      ...{ left: '', right: '', middle: '', mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    },
  });
  // every cell of a column that can be marked gets the mark's room, so that the numbers stay in line
  const mark = (column: Column, row: ComparisonRow) =>
    column.isBest === undefined ? '' : column.isBest(row) ? ' *' : '  ';
  for (const row of rows) table.push(columns.map((column) => column.cell(row) + mark(column, row)));
  // the last column needs no gutter
  const lines = table.toString().split('\n');
  return lines.map((line) => line.slice(0, -GUTTER).trimEnd()).join('\n');
}

/** The table, without as many of its expendable columns as it takes to fit, and the names of those. */
function fittingTable(comparison: Comparison, width: number): { table: string; left: readonly string[] } {
  let columns = columnsOf(comparison);
  const left: string[] = [];
  for (;;) {
    const table = terminalTable(columns, comparison.rows);
    const expendable = columns.filter((column) => column.expendable !== undefined);
    const next = expendable.sort((a, b) => (b.expendable ?? 0) - (a.expendable ?? 0))[0];
    if (table.indexOf('\n') <= width || !next) return { table, left };
    columns = columns.filter((column) => column !== next);
    left.push(next.head);
  }
}

/** A table for a terminal of `width` characters, without colours. */
export function comparisonTerminal(comparisons: readonly Comparison[], width: number): string {
  const tables = comparisons.map((comparison) => {
    const { table, left } = fittingTable(comparison, width);
    const notes = comparison.notes.map((note) => `! ${note}`);
    if (left.length > 0) notes.push(`left out for want of width: ${left.join(', ')} (--format md has all)`);
    return [heading(comparison), table, ...notes].join('\n');
  });
  const first = comparisons[0];
  return `${[...tables, ...(first ? [legend(first, '*').join('\n')] : [])].join('\n\n')}\n`;
}

const escapeCell = (text: string) => text.replaceAll('|', '\\|');

/** GitHub-flavoured Markdown. */
export function comparisonMarkdown(comparisons: readonly Comparison[]): string {
  const tables = comparisons.map((comparison) => {
    const columns = columnsOf(comparison);
    const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
    return [
      `### ${heading(comparison)}`,
      '',
      line(columns.map(({ head }) => head)),
      line(columns.map(({ align }) => (align === 'left' ? ':--' : '--:'))),
      ...comparison.rows.map((row) =>
        line(columns.map((column) => (column.isBest?.(row) ? `**${column.cell(row)}**` : column.cell(row)))),
      ),
      ...(comparison.notes.length > 0 ? ['', ...comparison.notes.map((note) => `- ${note}`)] : []),
    ].join('\n');
  });
  const first = comparisons[0];
  return `${[...tables, ...(first ? [legend(first, 'bold').join('  \n')] : [])].join('\n\n')}\n`;
}
