import { existsSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { DriftError, MissingError, UsageError } from '../errors.js';
import { aggregate, type Setting } from './aggregate.js';
import { drifts, measuredCells, readMeasuredCells } from './drift.js';
import { listRuns, type Run } from './runs.js';
import type { TableDocument, Tier } from './table-document.js';
import { tableCsv, tableLatex, tableMarkdown } from './table-text.js';
import { table2Full, table2Mini } from './table2.js';
import { table3Full, table3Mini } from './table3.js';
import { table4Full, table4Mini } from './table4.js';
import { table5Full, table5Mini } from './table5.js';
import { table7Full, table7Mini } from './table7.js';

const writers = { md: tableMarkdown, csv: tableCsv, latex: tableLatex } as const;

interface TableBuilder {
  full(settings: readonly Setting[], againstPaper: boolean): TableDocument;
  mini(settings: readonly Setting[]): TableDocument;
}

/** The paper's tables that can be made, by number: a file and a line here for each. */
const builders: Readonly<Record<number, TableBuilder>> = {
  2: { full: table2Full, mini: table2Mini },
  3: { full: table3Full, mini: table3Mini },
  4: { full: table4Full, mini: table4Mini },
  5: { full: table5Full, mini: table5Mini },
  7: { full: table7Full, mini: table7Mini },
};
const tableNumbers = Object.keys(builders).map(Number);

export interface TableOptions {
  /** Directory with the runs; one that does not exist holds none, and all cells say so. */
  readonly results: string;
  /** `paper`: the paper's numbers beside those measured here. Else results of earlier: a directory, or a table's CSV. */
  readonly against?: string;
  /** By how much a mean may differ from the earlier one, in the table's unit. */
  readonly tolerance?: number;
  readonly format: keyof typeof writers;
  readonly tier: Tier;
}

/** A table as text, and what has drifted from earlier results. */
export interface WrittenTable {
  readonly text: string;
  /** undefined where nothing was to be compared, or nothing has drifted. */
  readonly drift: DriftError | undefined;
}

/**
 * One of the paper's tables from the runs found, as text. Every cell says whether it was measured here, is the
 * paper's, or was not run.
 *
 * @throws UsageError for a table or combination that there is not; MissingError without the earlier results.
 */
export function table(number: number, options: TableOptions): WrittenTable {
  const builder = builders[number];
  if (!builder) throw new UsageError(`table ${number}: expected ${tableNumbers.join(', ')}`);
  const { against, tier } = options;
  const againstPaper = against === 'paper';
  if (tier === 'mini' && againstPaper) {
    throw new UsageError(
      '--tier mini --against paper: the paper has no such numbers; leave one of the two out',
    );
  }
  if (options.tolerance !== undefined && (against === undefined || againstPaper)) {
    throw new UsageError('--tolerance goes with --against <directory or CSV of earlier results>');
  }
  const build = (settings: readonly Setting[]) =>
    tier === 'mini' ? builder.mini(settings) : builder.full(settings, againstPaper);
  const document = build(aggregate(existsSync(options.results) ? tableRuns(options.results) : []));
  const text = writers[options.format](document);
  if (against === undefined || againstPaper) return { text, drift: undefined };
  const isDirectory = statSync(against, { throwIfNoEntry: false })?.isDirectory();
  const then = isDirectory
    ? measuredCells(build(aggregate(tableRuns(against))))
    : readMeasuredCells(against, document);
  if (then.size === 0) {
    throw new MissingError(`${against}: no measured cell of table ${number}, tier ${tier}, to compare with`);
  }
  const found = drifts(then, measuredCells(document), options.tolerance ?? 0);
  return { text, drift: found.length > 0 ? driftError(found, then.size, against) : undefined };
}

/** Runs of other figures and studies, which vary one setting after another, would add a row each. */
const ABLATIONS = 'ablations';

/** The runs under a directory but those in a folder `ablations` of it. */
function tableRuns(results: string): Run[] {
  return listRuns([results]).filter(({ dir }) => !relative(results, dir).split(sep).includes(ABLATIONS));
}

function driftError(found: readonly string[], count: number, against: string): DriftError {
  return new DriftError(
    `${found.length} of ${count} measured cells of ${against} are not what they were:\n${found.map((line) => `  ${line}`).join('\n')}`,
  );
}
