import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './report.mjs';

const POLL_MS = 200;
/** Descriptors of the locks that child programs may keep. */
const held = new Set();

/**
 * Runs an action while no other process on this machine holds the lock of that name.
 *
 * The lock is a listening socket in Linux's abstract namespace: the kernel frees it with the last process that has it
 * open, however that ends, so no stale lock can be left behind. Where such sockets are forbidden or do not reach
 * (another container), set-up goes on without: shared folders are put in place by rename and stay whole.
 *
 * @param {string} name
 * @param {string} waiting the line shown where another process holds it
 * @param {() => Promise<T>} action
 * @param {{inheritable?: boolean}} [options] whether programs run with `keepLock` keep it too
 * @returns {Promise<T>}
 * @template T
 */
export async function withLock(name, waiting, action, { inheritable = false } = {}) {
  const id = createHash('sha256').update(name).digest('hex').slice(0, 24);
  let server = await listen(`\0gen-bench-${id}`);
  for (let tries = 0; server === 'taken'; tries++) {
    if (tries === 3) say(waiting);
    await sleep(POLL_MS);
    server = await listen(`\0gen-bench-${id}`);
  }
  const descriptor = server?._handle?.fd;
  if (inheritable && descriptor > 2) held.add(descriptor);
  try {
    return await action();
  } finally {
    held.delete(descriptor);
    server?.close();
  }
}

/** What a child program's `stdio` gets so that it keeps the locks held now. */
export function lockDescriptors() {
  return [...held];
}

/** A listening server, `'taken'`, or undefined where such sockets cannot be had. */
function listen(path) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code === 'EADDRINUSE' ? 'taken' : undefined));
    server.listen({ path }, () => resolve(server));
  });
}
