import { existsSync } from 'node:fs';
import { UsageError } from '../errors.js';
import { aggregate, type Setting } from './aggregate.js';
import { listRuns } from './runs.js';
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
  /** `paper`: the paper's numbers beside those measured here. */
  readonly against?: 'paper';
  readonly format: keyof typeof writers;
  readonly tier: Tier;
}

/**
 * One of the paper's tables from the runs found, as text. Every cell says whether it was measured here, is the
 * paper's, or was not run.
 *
 * @throws UsageError for a table or combination that there is not.
 */
export function table(number: number, options: TableOptions): string {
  const builder = builders[number];
  if (!builder) throw new UsageError(`table ${number}: expected ${tableNumbers.join(', ')}`);
  if (options.tier === 'mini' && options.against === 'paper') {
    throw new UsageError(
      '--tier mini --against paper: the paper has no such numbers; leave one of the two out',
    );
  }
  const settings = aggregate(existsSync(options.results) ? listRuns([options.results]) : []);
  const document =
    options.tier === 'mini' ? builder.mini(settings) : builder.full(settings, options.against === 'paper');
  return writers[options.format](document);
}
