import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { MissingError } from '../errors.js';

const NEWLINE = 0x0a;

interface ScannedRow {
  readonly step: number;
  /** Offset of the row's first byte. */
  readonly start: number;
  readonly fields: readonly string[];
}

interface ScannedCsv {
  /** undefined when the file has no whole first line. */
  readonly header: readonly string[] | undefined;
  readonly rows: readonly ScannedRow[];
  /** Offset behind the last whole row. */
  readonly end: number;
  /** Whether something other than whole rows follows `end`: the trace of a killed process. */
  readonly torn: boolean;
}

/**
 * Splits the bytes of a CSV file as `CsvFile` writes it (a record a line, `step` first) into whole rows. It stops at
 * the first line that is not one: cut short, the wrong number of fields, or no step number (a power cut can leave
 * zero bytes).
 */
export function scanCsv(content: Buffer): ScannedCsv {
  const headerEnd = content.indexOf(NEWLINE);
  if (headerEnd === -1) return { header: undefined, rows: [], end: 0, torn: content.length > 0 };
  const header = splitLine(content.toString('utf8', 0, headerEnd));
  const rows: ScannedRow[] = [];
  let start = headerEnd + 1;
  for (;;) {
    const stop = content.indexOf(NEWLINE, start);
    if (stop === -1) break;
    const fields = splitLine(content.toString('utf8', start, stop));
    const step = Number(fields[0] || Number.NaN);
    if (fields.length !== header.length || !Number.isInteger(step)) break;
    rows.push({ step, start, fields });
    start = stop + 1;
  }
  return { header, rows, end: start, torn: start < content.length };
}

/** Nearly no field is quoted, and then splitting at commas is ten times as fast as a parser. */
function splitLine(line: string): string[] {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (!text.includes('"')) return text.split(',');
  try {
    return parse(text, { relax_column_count: true })[0] ?? [];
  } catch {
    return []; // a quote that never closes: not a whole row
  }
}

/** Reads back what `CsvFile` wrote; NaN for an empty field. */
export function parseNumber(text: string | undefined): number {
  if (text === undefined || text === '') return Number.NaN;
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}

/** A CSV file in memory, read by column. */
export class CsvTable {
  constructor(
    readonly path: string,
    readonly columns: readonly string[],
    private readonly rows: readonly (readonly string[])[],
    /** Whether the last line was cut short and left out: the writer was killed, or is writing. */
    readonly torn: boolean,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  has(column: string): boolean {
    return this.columns.includes(column);
  }

  /** Values of a column; NaN where a field is empty (or says nan), all NaN where the file lacks the column. */
  numbers(column: string): Float64Array {
    const index = this.columns.indexOf(column);
    return Float64Array.from(this.rows, (row) => (index === -1 ? Number.NaN : parseNumber(row[index])));
  }

  /** Fields of a column as they stand; empty where the file lacks the column. */
  strings(column: string): string[] {
    const index = this.columns.indexOf(column);
    return this.rows.map((row) => (index === -1 ? '' : (row[index] ?? '')));
  }
}

/**
 * Reads `metrics.csv` or `eval.csv`. A torn last line is left out and reported by `torn`.
 *
 * @throws MissingError when the file cannot be read or is empty.
 */
export function readMetrics(path: string): CsvTable {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new MissingError(`${path}: cannot read: ${(error as Error).message}`);
  }
  const { header, rows, torn } = scanCsv(content);
  if (header === undefined) throw new MissingError(`${path}: no whole line: the run had not begun to write`);
  return new CsvTable(
    path,
    header,
    rows.map((row) => row.fields),
    torn,
  );
}
