import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLock } from './lock.mjs';
import { run } from './run.mjs';

const lockModule = new URL('lock.mjs', import.meta.url).href;
const name = (text) => `${text} ${process.pid}`;

test('one at a time', async () => {
  let inside = 0;
  const visit = () =>
    withLock(name('turns'), 'waiting', async () => {
      expect(++inside).toBe(1);
      await sleep(20);
      inside--;
    });
  await Promise.all([visit(), visit(), visit()]);
});

test('a failure frees it', async () => {
  const failure = withLock(name('failure'), 'waiting', () => Promise.reject(new Error('no')));
  await expect(failure).rejects.toThrow('no');
  expect(await withLock(name('failure'), 'waiting', async () => 1)).toBe(1);
});

test('kill -9 of its holder frees it', async () => {
  const script = `import { withLock } from '${lockModule}';
withLock('${name('killed')}', '', () => { console.log('in'); return new Promise(() => setInterval(() => {}, 1000)); });`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  expect(await withLock(name('killed'), 'waiting', async () => 1)).toBe(1);
});

test('a program that keeps the lock holds it after us', async () => {
  let program;
  const action = async () => {
    program = run('/bin/sleep', ['0.6'], { keepLock: true });
  };
  const startMs = performance.now();
  await withLock(name('kept'), 'waiting', action, { inheritable: true });
  await withLock(name('kept'), 'waiting', async () => {});
  expect(performance.now() - startMs).toBeGreaterThan(550);
  await program;
});
