import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { runFiles } from './directory.js';

/**
 * Threads that the run in `directory` was begun with. Sums are split among threads, so that another number rounds
 * otherwise: a run that goes on keeps it, as far as there are cores.
 *
 * @returns undefined where no run was begun, or more cores were at hand than now
 */
export function recordedThreads(directory: string): number | undefined {
  try {
    const { threads } = JSON.parse(readFileSync(runFiles(directory).provenance, 'utf8'));
    return Number.isInteger(threads) && threads > 0 && threads <= availableParallelism()
      ? threads
      : undefined;
  } catch {
    return undefined; // not begun, or damaged: restoring says so
  }
}
