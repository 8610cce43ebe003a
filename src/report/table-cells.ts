import type { RunSummary } from '../run/summary.js';
import { type Method, valuesBySeed } from './aggregate.js';
import { compareMethods } from './method.js';
import { statistic } from './statistics.js';
import type { Cell, TableRow } from './table-document.js';

export const notRun: Cell = { source: 'not run' };

/** A quantity of a method over its seeds. */
export function measuredCell(
  method: Method,
  quantity: (summary: RunSummary) => number | undefined,
  deviations: readonly string[],
): Cell {
  const value = statistic([...valuesBySeed(method, quantity).values()]);
  const diverged = method.leftOut.filter(({ kind }) => kind === 'diverged').length;
  if (value) return { source: 'measured', value, diverged, deviations };
  return { source: diverged > 0 ? 'diverged' : 'unfinished' };
}

/** Whether no run was cut short by --max-steps: such runs never stand among the paper's numbers. */
export function isComplete({ completed }: Method): boolean {
  return completed.every(({ summary }) => summary.status === 'done');
}

/**
 * Rows of the paper's schedulers, each with the method that is nearest to the paper (and the paper's row below, where
 * asked for), then those of the other methods.
 */
export function besidePaper<Printed extends { readonly scheduler: string; readonly label: string }>(
  methods: readonly Method[],
  printedRows: readonly Printed[],
  options: {
    readonly group: string;
    readonly againstPaper: boolean;
    readonly deviations: (method: Method) => readonly string[];
    readonly cellsOf: (method: Method) => readonly Cell[];
    /** The paper's cells, one a column. */
    readonly printed: (row: Printed) => readonly Cell[];
  },
): TableRow[] {
  const { group, againstPaper, deviations, cellsOf, printed } = options;
  const from = againstPaper ? 'here' : undefined;
  /** The nearest to the paper first: fewest deviations, then most seeds. */
  const byFidelity = (a: Method, b: Method) =>
    deviations(a).length - deviations(b).length || b.completed.length - a.completed.length;
  const used = new Set<Method>();
  const papers = printedRows.flatMap((row): TableRow[] => {
    const { scheduler, label } = row;
    const [nearest] = methods
      .filter(
        ({ config }) =>
          config.scheduler.name === scheduler &&
          (scheduler !== 'gen' || config.scheduler.preset === 'authors'),
      )
      .sort(byFidelity);
    if (nearest) used.add(nearest);
    const papersCells = printed(row);
    const here: TableRow = {
      ...{ group, label, from },
      cells: nearest ? cellsOf(nearest) : papersCells.map(() => notRun),
    };
    return againstPaper ? [here, { group, label, from: 'paper', cells: papersCells }] : [here];
  });
  const others = methods
    .filter((method) => !used.has(method))
    .sort((a, b) => compareMethods(a.config, b.config))
    .map((method): TableRow => ({ group, label: method.fullLabel, from, cells: cellsOf(method) }));
  return [...papers, ...others];
}
