import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { MissingError } from '../errors.js';
import type { TableDocument } from './table-document.js';

/** The means of a table's measured cells, by a text that names the cell. */
export type MeasuredCells = ReadonlyMap<string, number>;

const cellName = (group: string, method: string, column: string) => `${group}, ${method}, ${column}`;

/** The cells of a table that were measured here. */
export function measuredCells({ rows, columns }: TableDocument): MeasuredCells {
  const cells = new Map<string, number>();
  for (const row of rows) {
    row.cells.forEach((cell, i) => {
      if (cell.source === 'measured')
        cells.set(cellName(row.group, row.label, columns[i] ?? ''), cell.value.mean);
    });
  }
  return cells;
}

/**
 * The measured cells of a table that `gen-bench table --format csv` wrote.
 *
 * @param like a table of the same number and tier
 * @throws MissingError where the file is not that
 */
export function readMeasuredCells(path: string, like: TableDocument): MeasuredCells {
  const { number, tier, heads } = like;
  let lines: Record<string, string>[];
  try {
    lines = parse(readFileSync(path, 'utf8'), { columns: true });
  } catch (error) {
    throw new MissingError(`${path}: cannot be read as CSV: ${(error as Error).message}`);
  }
  const cells = new Map<string, number>();
  for (const line of lines) {
    const value = line[heads.value];
    const group = line[heads.group];
    const column = line[heads.column];
    const isThis = line.table === String(number) && line.tier === tier;
    if (!isThis || value === undefined || group === undefined || column === undefined) {
      throw new MissingError(
        `${path}: not a table ${number}, tier ${tier}; write one with: gen-bench table ${number} --tier ${tier} --format csv`,
      );
    }
    if (line.source === 'measured') cells.set(cellName(group, line.method ?? '', column), Number(value));
  }
  return cells;
}

/**
 * What is no longer as it was, a sentence a cell: a mean that moved by more than `tolerance` (in the table's own unit),
 * or a cell that was measured then and is not now. Cells that are new are no drift.
 */
export function drifts(then: MeasuredCells, now: MeasuredCells, tolerance: number): string[] {
  const found: string[] = [];
  for (const [name, expected] of then) {
    const value = now.get(name);
    if (value === undefined) found.push(`${name}: ${expected} then, not measured now`);
    else if (!(Math.abs(value - expected) <= tolerance || Object.is(value, expected)))
      found.push(`${name}: ${expected} then, ${value} now`);
  }
  return found;
}
