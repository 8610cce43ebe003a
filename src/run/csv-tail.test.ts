import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CsvTail } from './csv-tail.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-tail-'));
afterAll(() => rmSync(root, { recursive: true }));
const path = join(root, 'metrics.csv');
const steps = (tail: CsvTail) => tail.read().rows.map((row) => row.number('step'));

beforeEach(() => writeFileSync(path, 'step,loss,probe_status\n1,0.5,\n2,nan,ok\n'));

describe('CsvTail', () => {
  it('gives each row once, and a torn one when it is whole', () => {
    const tail = new CsvTail(path);
    const { rows } = tail.read();
    expect(rows.map((row) => [row.number('step'), row.number('loss'), row.text('probe_status')])).toEqual([
      [1, 0.5, ''],
      [2, Number.NaN, 'ok'],
    ]);
    expect(steps(tail)).toEqual([]);
    appendFileSync(path, '3,0.4,\n4,0.');
    expect(steps(tail)).toEqual([3]);
    appendFileSync(path, '25,');
    expect(steps(tail)).toEqual([]);
    appendFileSync(path, '\n5,0.1,\n');
    expect(tail.read().rows.map((row) => row.number('loss'))).toEqual([0.25, 0.1]);
  });

  it('begins anew where a resumed run has cut rows off, however long the file is by then', () => {
    const tail = new CsvTail(path);
    steps(tail);
    truncateSync(path, 'step,loss,probe_status\n1,0.5,\n'.length);
    appendFileSync(path, '2,0.3,ok\n3,0.2,\n4,0.1,\n');
    const { rows, restarted } = tail.read();
    expect(restarted).toBe(true);
    expect(rows.map((row) => row.number('step'))).toEqual([1, 2, 3, 4]);
    appendFileSync(path, '5,0.1,\n');
    expect(tail.read()).toMatchObject({ rows: [{}], restarted: false });
  });

  it('waits for a file, and for its header', () => {
    rmSync(path);
    const tail = new CsvTail(path);
    expect(tail.read()).toEqual({ rows: [], restarted: false });
    writeFileSync(path, 'step,lo');
    expect(steps(tail)).toEqual([]);
    appendFileSync(path, 'ss\n7,1\n');
    expect(steps(tail)).toEqual([7]);
  });

  it('begins with the last rows of a long file', () => {
    const tail = new CsvTail(path, 12);
    expect(steps(tail)).toEqual([2]);
    appendFileSync(path, '3,1,\n');
    expect(steps(tail)).toEqual([3]);
  });
});
