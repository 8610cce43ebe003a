import type { RunSummary } from '../run/summary.js';
import { type Method, valuesBySeed } from './aggregate.js';
import { statistic } from './statistics.js';
import type { Cell } from './table-document.js';

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
