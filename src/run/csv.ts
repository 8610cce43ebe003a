import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import { UsageError } from '../errors.js';
import { scanCsv } from './csv-read.js';

export type CsvValue = number | string | null | undefined;

/** A number in the shortest form that reads back the same; `nan`, `inf` and `-inf` as Python and C write them. */
function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

function formatValue(value: CsvValue): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'number' ? formatNumber(value) : value;
}

/**
 * An append-only CSV file whose first column is `step`. Every row is handed whole to the operating system before
 * `append` returns, so a killed process leaves at most one torn line, which `resume` removes.
 */
export class CsvFile {
  private readonly known: ReadonlySet<string>;

  private constructor(
    readonly path: string,
    private readonly columns: readonly string[],
    private readonly fd: number,
    private rowCount: number,
  ) {
    this.known = new Set(columns);
  }

  /** Starts a new file, its header written; an existing one is overwritten. */
  static create(path: string, columns: readonly string[]): CsvFile {
    const file = new CsvFile(path, columns, openSync(path, 'w'), 0);
    file.write(stringify([[...columns]]));
    return file;
  }

  /**
   * Opens an existing file to go on after `lastStep`: rows of later steps and a torn last line are cut off.
   * With `lastStep` 0, a file that is missing or has no whole header is started anew.
   *
   * @param rows number of rows up to `lastStep` that the file had when the checkpoint was written
   * @throws UsageError when the header is not `columns`, when steps were done but the file is missing or damaged, or
   *   when it lacks rows.
   */
  static resume(path: string, columns: readonly string[], lastStep: number, rows: number): CsvFile {
    const scan = scanCsv(existsSync(path) ? readFileSync(path) : Buffer.alloc(0));
    if (scan.header === undefined) {
      if (lastStep === 0) return CsvFile.create(path, columns);
      throw new UsageError(
        `${path}: missing or damaged, so the run cannot go on after step ${lastStep}. Start it again with --force.`,
      );
    }
    if (scan.header.join() !== columns.join()) {
      throw new UsageError(
        `${path}: its columns are not those of this run, so the run cannot go on.\n` +
          `  found:    ${scan.header.join()}\n  expected: ${columns.join()}\n` +
          'Use the version of gen-bench that wrote it, or start again with --force.',
      );
    }
    const kept = scan.rows.filter((row) => row.step <= lastStep).length;
    if (kept !== rows) {
      throw new UsageError(
        `${path}: has ${kept} whole rows up to step ${lastStep}, the checkpoint was written with ${rows}: it was cut or changed since. Start the run again with --force.`,
      );
    }
    const later = scan.rows.find((row) => row.step > lastStep);
    truncateSync(path, later?.start ?? scan.end);
    return new CsvFile(path, columns, openSync(path, 'a'), kept);
  }

  /** Cuts off the rows of `step` and later. */
  dropFrom(step: number): void {
    const { rows } = scanCsv(readFileSync(this.path));
    const first = rows.findIndex((row) => row.step >= step);
    if (first === -1) return;
    ftruncateSync(this.fd, rows[first]!.start);
    this.rowCount = first;
  }

  /** Rows written, the header not counted. */
  get rows(): number {
    return this.rowCount;
  }

  /** Appends a row; fields are taken by column name, absent ones are left empty. */
  append(row: Readonly<Record<string, CsvValue>>): void {
    for (const name of Object.keys(row)) {
      if (!this.known.has(name)) throw new Error(`${this.path} has no column "${name}"`);
    }
    this.write(stringify([this.columns.map((column) => formatValue(row[column]))]));
    this.rowCount++;
  }

  /** Forces everything written so far to the disk. */
  sync(): void {
    fsyncSync(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }

  private write(record: string): void {
    const bytes = Buffer.from(record);
    try {
      // One call writes the whole record, except when the disk fills up half-way: then the next call says so.
      for (let done = 0; done < bytes.length; ) done += writeSync(this.fd, bytes, done);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'the disk is full' : String(error);
      throw new UsageError(`${this.path}: cannot write: ${reason}. Make room, then go on with --resume.`);
    }
  }
}
