import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMain } from '../cli/run-main.testing.js';
import { MissingError, UsageError } from '../errors.js';
import { fakeRun } from '../testing/fake-run.js';
import { type TableOptions, table } from './table.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-drift-'));
const then = join(root, 'then');
const csv = join(root, 'then.csv');
const constant = { name: 'constant', preset: undefined, phi: undefined };
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(() => {
  fakeRun(join(then, 'gen'), { accuracy: 0.96 });
  fakeRun(join(then, 'constant'), { accuracy: 0.9, scheduler: constant });
  writeFileSync(csv, table(2, { results: then, format: 'csv', tier: 'mini' }).text);
});

const compared = (results: string, options: Partial<TableOptions> = {}) =>
  table(2, { results, format: 'md', tier: 'mini', against: then, ...options }).drift?.message;

describe('table --against earlier results', () => {
  it('finds nothing where nothing moved, beside a directory and its CSV', () => {
    expect(compared(then)).toBeUndefined();
    expect(compared(then, { against: csv })).toBeUndefined();
  });

  it('names the cells that moved by more than the tolerance, or are gone', () => {
    const now = join(root, 'now');
    fakeRun(join(now, 'gen'), { accuracy: 0.953 });
    fakeRun(join(now, 'cosine'), { accuracy: 0.1, scheduler: { ...constant, name: 'cosine' } });
    for (const against of [then, csv]) {
      expect(compared(now, { against })?.split('\n')).toEqual([
        `2 of 2 measured cells of ${against} are not what they were:`,
        '  resnet8, GeN-SGD, digits: 96 then, 95.3 now',
        '  resnet8, SGD (constant), digits: 90 then, not measured now',
      ]);
    }
    fakeRun(join(now, 'constant'), { accuracy: 0.901, scheduler: constant });
    expect(compared(now, { tolerance: 0.5 })).toMatch(/^1 of 2/);
    expect(compared(now, { tolerance: 0.71 })).toBeUndefined();
  });

  it('fails where the earlier results are not there or are another table', () => {
    const other = join(root, 'other.csv');
    expect(() => compared(then, { against: join(root, 'nowhere') })).toThrow(MissingError);
    writeFileSync(other, table(2, { results: then, format: 'csv', tier: 'full' }).text);
    expect(() => compared(then, { against: other })).toThrow(/not a table 2, tier mini/);
    expect(() => compared(then, { tier: 'full' })).toThrow(/no measured cell of table 2, tier full/);
    writeFileSync(other, 'a,b\n1,2\n');
    expect(() => compared(then, { against: other })).toThrow(/not a table 2, tier mini/);
    writeFileSync(other, 'a,"b\n1,2\n');
    expect(() => compared(then, { against: other })).toThrow(MissingError);
    expect(() => compared(then, { against: undefined, tolerance: 1 })).toThrow(UsageError);
  });

  it('ends the command with 1 after printing the table', async () => {
    const now = join(root, 'later');
    fakeRun(join(now, 'gen'), { accuracy: 0.5 });
    const command = ['table', '2', '--tier', 'mini', '--results', now, '--against', then];
    const { exitCode, stdout, stderr } = await runMain(...command);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('| resnet8 | GeN-SGD |');
    expect(stderr).toMatch(/^2 of 2 measured cells/);
    expect((await runMain(...command, '--tolerance', '-1')).exitCode).toBe(2);
  });
});
