import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MissingError, UsageError } from '../errors.js';
import { METRICS_COLUMNS } from './columns.js';
import { CsvFile } from './csv.js';
import { readMetrics } from './csv-read.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-csv-'));
afterAll(() => rmSync(dir, { recursive: true }));
let count = 0;
const fresh = () => join(dir, `${count++}.csv`);
const columns = ['step', 'loss', 'status'];

function written(steps: number): string {
  const path = fresh();
  const file = CsvFile.create(path, columns);
  for (let step = 1; step <= steps; step++) file.append({ step, loss: 1 / step });
  file.close();
  return path;
}

describe('CsvFile', () => {
  it('has the columns of the contract, in order', () => {
    expect(METRICS_COLUMNS.join()).toBe(
      'step,epoch,loss,lr,effective_lr,grad_norm,forward_passes,backward_passes,train_ms,probe_ms,data_ms,' +
        'peak_tensor_bytes,loss_minus,loss_zero,loss_plus,gg,gg_se,ghg,ghg_se,lr_star,fit_r2,probe_status',
    );
  });

  it('writes each row before append returns, numbers in shortest exact form', () => {
    const path = fresh();
    const file = CsvFile.create(path, columns);
    file.append({ step: 1, loss: 0.1 + 0.2, status: 'a, "b"' });
    expect(readFileSync(path, 'utf8')).toBe('step,loss,status\n1,0.30000000000000004,"a, ""b"""\n');
    file.append({ step: 2, loss: Number.NaN });
    file.append({ step: 3, loss: Number.POSITIVE_INFINITY, status: null });
    file.append({ step: 4, loss: -Infinity });
    file.append({ step: 5, loss: 1e-300 });
    file.append({ step: 6, loss: -0 });
    file.sync();
    file.close();
    expect(readFileSync(path, 'utf8').split('\n').slice(2)).toEqual([
      '2,nan,',
      '3,inf,',
      '4,-inf,',
      '5,1e-300,',
      '6,-0,',
      '',
    ]);
    const table = readMetrics(path);
    expect([...table.numbers('loss')]).toEqual([0.1 + 0.2, Number.NaN, Infinity, -Infinity, 1e-300, -0]);
    expect(table.strings('status')[0]).toBe('a, "b"');
    expect(table.torn).toBe(false);
  });

  it('refuses a field without a column', () => {
    const file = CsvFile.create(fresh(), columns);
    expect(() => file.append({ step: 1, los: 2 })).toThrow('no column "los"');
    file.close();
  });

  it.each([
    ['a torn line', '6,0.1'],
    ['a torn quoted field', '6,0.1,"abc\n'],
    ['zero bytes', '\0\0\0\0\n\0'],
    ['nothing', ''],
  ])('resumes after step 3 of 5 with %s at the end', (_, tail) => {
    const path = written(5);
    appendFileSync(path, tail);
    expect(readMetrics(path).torn).toBe(tail !== '');
    expect(readMetrics(path).length).toBe(5);
    const file = CsvFile.resume(path, columns, 3, 3);
    file.append({ step: 4, loss: 9 });
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('step,loss,status\n1,1,\n2,0.5,\n3,0.3333333333333333,\n4,9,\n');
  });

  it('keeps all rows when none is later than the checkpoint', () => {
    const path = written(2);
    appendFileSync(path, '3,');
    CsvFile.resume(path, columns, 7, 2).close();
    expect(readMetrics(path).length).toBe(2);
    expect(readMetrics(path).torn).toBe(false);
  });

  it('starts anew when nothing was done, and only then', () => {
    const path = fresh();
    writeFileSync(path, 'step,lo');
    expect(() => CsvFile.resume(path, columns, 5, 5)).toThrow(UsageError);
    CsvFile.resume(path, columns, 0, 0).close();
    expect(readFileSync(path, 'utf8')).toBe('step,loss,status\n');
  });

  it('refuses other columns and leaves the file as it was', () => {
    const path = written(2);
    const before = readFileSync(path, 'utf8');
    expect(() => CsvFile.resume(path, ['step', 'loss'], 1, 1)).toThrow(/found: {4}step,loss,status/);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('a file that lost rows', () => {
  it.each([
    ['at its end', (text: string) => text.split('\n').slice(0, 3).join('\n')],
    ['inside', (text: string) => text.replace(/^2,.*\n/m, '')],
    ['to zero bytes', (text: string) => text.replace(/^2,.*$/m, (line) => '\0'.repeat(line.length))],
  ])('%s is not gone on with', (_, damage) => {
    const path = written(4);
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    expect(() => CsvFile.resume(path, columns, 4, 4)).toThrow(/whole rows up to step 4.*--force/);
  });

  it('drops rows from a step on', () => {
    const path = written(4);
    const file = CsvFile.resume(path, columns, 4, 4);
    file.dropFrom(3);
    file.append({ step: 3, loss: 7 });
    file.close();
    expect(file.rows).toBe(3);
    expect([...readMetrics(path).numbers('loss')]).toEqual([1, 0.5, 7]);
  });
});

describe('readMetrics', () => {
  it('gives NaN for a column the file lacks and says when there is no file', () => {
    const table = readMetrics(written(2));
    expect([...table.numbers('x1')]).toEqual([Number.NaN, Number.NaN]);
    expect(() => readMetrics(join(dir, 'absent.csv'))).toThrow(MissingError);
  });
});
