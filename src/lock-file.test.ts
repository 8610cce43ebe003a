import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Lock, type LockOwner, tryLock } from './lock-file.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-lock-'));
afterAll(() => rmSync(dir, { recursive: true }));
let count = 0;
const fresh = () => join(dir, `${count++}.lock`);
const taken = (result: Lock | { owner: LockOwner }): result is Lock => 'release' in result;

function take(path: string): Lock {
  const result = tryLock(path);
  if (!taken(result)) throw new Error(`held by ${result.owner.pid}`);
  return result;
}

describe('tryLock', () => {
  it('gives the lock to one, and again after its release', () => {
    const path = fresh();
    const lock = take(path);
    expect(tryLock(path)).toMatchObject({ owner: { pid: process.pid } });
    lock.release();
    take(path).release();
    expect(readdirSync(dir).filter((name) => name.startsWith(path.slice(dir.length + 1)))).toEqual([]);
  });

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 - 3 })],
    ['a bare id of one that is gone', String(2 ** 22 - 3)],
    [
      'an earlier process with the id of a living one',
      JSON.stringify({ pid: process.ppid, startTicks: '1' }),
    ],
    ['a kill while it was being written', ''],
    ['nobody (damaged)', '{"pid":'],
    ['nobody (null)', 'null'],
  ])('takes over the lock of %s', (_, content) => {
    const path = fresh();
    writeFileSync(path, content);
    take(path).release();
  });

  it('respects a living process', () => {
    const path = fresh();
    writeFileSync(path, String(process.ppid));
    expect(tryLock(path)).toEqual({ owner: { pid: process.ppid } });
  });

  it('respects another machine as long as it shows life', () => {
    const path = fresh();
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere' }));
    expect(tryLock(path)).toMatchObject({ owner: { host: 'elsewhere' } });
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(path, longAgo, longAgo);
    take(path).release();
  });

  it('does not give back a lock that has another owner by now', () => {
    const path = fresh();
    const lock = take(path);
    writeFileSync(path, '1');
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe('1');
  });
});
