import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from '../lock-file.js';

const POLL_MS = 200;

/**
 * Runs `work` while this process alone holds the lock file; another process waits for its turn. A lock whose
 * process is gone (killed, crashed) is taken over.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    const lock = tryLock(path);
    if ('owner' in lock) {
      await sleep(POLL_MS);
      continue;
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  }
}
