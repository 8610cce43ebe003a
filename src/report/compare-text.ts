import Table from 'cli-table3';
import { metrics as metricRegistry } from '../metrics/registry.js';
import type { Comparison, ComparisonRow } from './compare.js';
import {
  formatDifference,
  formatMean,
  formatStatistic,
  integerStyle,
  type NumberStyle,
  percentStyle,
  plainStyle,
  secondsStyle,
} from './format.js';

interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  cell(row: ComparisonRow): string;
  /** Whether the row has the best value of the column. */
  isBest?(row: ComparisonRow): boolean;
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
  }
  return columns;
}

function columnsOf(comparison: Comparison): Column[] {
  const optimizers = new Set(comparison.rows.map((row) => row.optimizer));
  return [
    { head: 'method', align: 'left', cell: (row) => row.label },
    ...(optimizers.size > 1
      ? [{ head: 'optimizer', align: 'left' as const, cell: (row: ComparisonRow) => row.optimizer }]
      : []),
    ...comparison.metrics.flatMap((metric) => metricColumns(metric, comparison)),
    { head: 'train loss', align: 'right', cell: (row) => formatStatistic(row.trainLoss, plainStyle) },
    { head: 'fwd', align: 'right', cell: (row) => formatMean(row.forwardPasses, integerStyle) },
    { head: 'bwd', align: 'right', cell: (row) => formatMean(row.backwardPasses, integerStyle) },
    { head: 'time s', align: 'right', cell: (row) => formatMean(row.timeS, secondsStyle) },
    { head: 'wall s', align: 'right', cell: (row) => formatMean(row.wallS, secondsStyle) },
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
function legend(comparison: Comparison, mark: string): string[] {
  const metric = comparison.metrics[0] ?? 'metric';
  const compared = comparison.rows.some((row) => row.metrics[metric]?.difference);
  return [
    `${comparison.metrics.join(', ') || 'metrics'}: last evaluation on the test set, mean ± sample standard deviation` +
      ` over seeds; ${mark} the best mean (where no seed diverged).`,
    ...(compared
      ? [
          `vs GeN: mean difference in ${metric} by seed to the first GeN over the same optimizer,`,
          "  with its 95 % confidence interval (Student's t): one that contains 0 decides nothing.",
        ]
      : []),
    'train loss: mean over the end of training. fwd, bwd: forward and backward passes over a batch, probes included.',
    'time: training, probes and data, without evaluation; wall: everything.',
  ];
}

/** A table for a terminal, without colours. */
export function comparisonTerminal(comparisons: readonly Comparison[]): string {
  const line = { top: '─', bottom: '─', mid: '' };
  const tables = comparisons.map((comparison) => {
    const columns = columnsOf(comparison);
    const table = new Table({
      head: columns.map(({ head }) => head),
      colAligns: columns.map(({ align }) => align),
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
      chars: {
        ...{ top: line.top, 'top-mid': line.top, 'top-left': '', 'top-right': '' },
        ...{ bottom: line.bottom, 'bottom-mid': line.bottom, 'bottom-left': '', 'bottom-right': '' },
        ...{ left: '', right: '', middle: '', mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
      },
    });
    for (const row of comparison.rows) {
      table.push(
        columns.map((column) => (column.isBest?.(row) ? `${column.cell(row)} *` : column.cell(row))),
      );
    }
    return [heading(comparison), table.toString(), ...comparison.notes.map((note) => `! ${note}`)].join('\n');
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
