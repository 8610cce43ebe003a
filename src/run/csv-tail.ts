import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseNumber, scanCsv } from './csv-read.js';

/** A row by column; NaN for an empty field. */
export class TailRow {
  constructor(
    private readonly columns: readonly string[],
    private readonly fields: readonly string[],
  ) {}

  text(column: string): string {
    return this.fields[this.columns.indexOf(column)] ?? '';
  }

  number(column: string): number {
    return parseNumber(this.text(column));
  }
}

const NEWLINE = 0x0a;
/** Longer than any header. */
const HEADER_BYTES = 16_384;

/** Reads a CSV file as it grows: each call gives the whole rows that came since. */
export class CsvTail {
  private header: Buffer = Buffer.alloc(0);
  /** Behind the last row given. */
  private offset = 0;
  /** The last row given: a file in which it is not there any more was cut or begun anew. */
  private last: Buffer = Buffer.alloc(0);

  /** @param lastBytes begin with the rows in so many last bytes of the file, instead of all */
  constructor(
    private readonly path: string,
    private readonly lastBytes = Number.POSITIVE_INFINITY,
  ) {}

  /**
   * The rows since the last call; `restarted` when all those given before are void, because a run went on from a
   * checkpoint or was started again. A torn last line is given when it is whole. None where there is no file.
   */
  read(): { rows: TailRow[]; restarted: boolean } {
    let fd: number;
    try {
      fd = openSync(this.path, 'r');
    } catch {
      return { rows: [], restarted: false };
    }
    try {
      const { size } = fstatSync(fd);
      const since = this.offset - this.last.length;
      let content = bytes(fd, since, size);
      const restarted = this.offset > 0 && !content.subarray(0, this.last.length).equals(this.last);
      if (restarted || this.offset === 0) content = this.begin(fd, size);
      else content = content.subarray(this.last.length);
      return { rows: this.take(content), restarted };
    } finally {
      closeSync(fd);
    }
  }

  /** Reads the header, and returns the rows' bytes. */
  private begin(fd: number, size: number): Buffer {
    const head = bytes(fd, 0, Math.min(size, HEADER_BYTES));
    this.header = head.subarray(0, head.indexOf(NEWLINE) + 1);
    this.offset = this.header.length;
    this.last = Buffer.alloc(0);
    if (this.header.length === 0) return this.header;
    const rows = size - this.offset;
    if (rows <= this.lastBytes) return bytes(fd, this.offset, size);
    const tail = bytes(fd, size - this.lastBytes, size);
    const first = tail.indexOf(NEWLINE) + 1;
    this.offset = size - this.lastBytes + first;
    return tail.subarray(first);
  }

  private take(content: Buffer): TailRow[] {
    if (this.header.length === 0) return [];
    const scan = scanCsv(Buffer.concat([this.header, content]));
    const lastRow = scan.rows.at(-1);
    if (lastRow) {
      const [start, end] = [lastRow.start - this.header.length, scan.end - this.header.length];
      this.last = Buffer.from(content.subarray(start, end));
      this.offset += end;
    }
    return scan.rows.map(({ fields }) => new TailRow(scan.header ?? [], fields));
  }
}

function bytes(fd: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  const read = readSync(fd, buffer, 0, buffer.length, from);
  return buffer.subarray(0, read);
}
