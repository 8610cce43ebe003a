import { spawn } from 'node:child_process';
import { lockDescriptors } from './lock.mjs';

/** Programs still running, ended with us when set-up is interrupted or fails. */
const running = new Set();

/**
 * Runs a program to its end with its output captured and no standard input.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string | undefined>} [options.env] added to this process's environment
 * @param {number} [options.timeoutMs] killed after that long
 * @param {boolean} [options.keepLock] the program keeps this clone's lock while it lives, even if set-up is killed
 *   meanwhile: for those that write into the clone and would clash with a second run
 * @returns {Promise<{ok: boolean, found: boolean, code: number | null, signal: string | null, stdout: string,
 *   stderr: string}>} never rejects; `found` is false where there is no such program
 */
export function run(command, args, { cwd, env, timeoutMs, keepLock = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(keepLock ? lockDescriptors() : [])],
    });
    running.add(child);
    // Not spawn's own timeout: its timer outlives a program that was not found and holds this process open.
    const timer = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    }
    const finish = (result) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ...result, ...output });
    };
    child.on('error', (error) =>
      finish({ ok: false, found: error.code !== 'ENOENT', code: null, signal: null }),
    );
    child.on('close', (code, signal) => finish({ ok: code === 0, found: true, code, signal }));
  });
}

/** Ends every program that is still running. */
export function endChildren() {
  for (const child of running) child.kill('SIGKILL');
}
