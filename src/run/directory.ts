import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.js';
import { type Lock, tryLock } from '../lock-file.js';
import { systemFailure } from '../system-failure.js';
import { removeEventFiles } from './tensorboard.js';

/** Files of a run's directory. */
export interface RunFiles {
  readonly directory: string;
  readonly config: string;
  readonly metrics: string;
  readonly eval: string;
  /** Written where the config asks for the loss along updates. */
  readonly landscape: string;
  readonly summary: string;
  readonly provenance: string;
  /** Chrome trace of a profiled run. */
  readonly profile: string;
}

export function runFiles(directory: string): RunFiles {
  return {
    directory,
    config: join(directory, 'config.yaml'),
    metrics: join(directory, 'metrics.csv'),
    eval: join(directory, 'eval.csv'),
    landscape: join(directory, 'landscape.csv'),
    summary: join(directory, 'summary.json'),
    provenance: join(directory, 'provenance.json'),
    profile: join(directory, 'profile.json'),
  };
}

/** How often a run that waits for a directory looks again. */
const POLL_MS = 200;

/**
 * Makes the directory ready for a run and locks it against a second process.
 *
 * @param options.lockWaitMs how long to wait for a process that has the directory; default: not at all
 * @returns the files, and a function that gives the lock back
 * @throws UsageError when it holds a run already and neither `resume` nor `force` was given, or when another process
 *   is running in it, or when it cannot be written.
 */
export async function openRunDirectory(
  directory: string,
  options: { readonly resume: boolean; readonly force: boolean; readonly lockWaitMs?: number },
): Promise<{ files: RunFiles; release: () => void }> {
  const files = runFiles(directory);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    // not by its code: a read-only file system calls a new folder's parent missing
    throw new UsageError(
      `${directory} cannot be made (${(error as Error).message}). Choose a writable folder: --out DIR.`,
    );
  }
  const lock = await lockDirectory(directory, options.lockWaitMs ?? 0);
  try {
    if (options.resume) removeTemporaries(directory);
    else clear(files, options.force);
  } catch (error) {
    lock.release();
    throw error;
  }
  return { files, release: () => lock.release() };
}

async function lockDirectory(directory: string, waitMs: number): Promise<Lock> {
  const path = join(directory, '.lock');
  for (let waited = 0; ; waited += POLL_MS) {
    let lock: ReturnType<typeof tryLock>;
    try {
      lock = tryLock(path);
    } catch (error) {
      throw systemFailure(error) ?? error;
    }
    if (!('owner' in lock)) return lock;
    if (waited >= waitMs) {
      const { pid, host } = lock.owner;
      const where = host === undefined || host === hostname() ? '' : ` on ${host}`;
      throw new UsageError(
        `${directory} is in use by process ${pid}${where}. Wait for it, or choose another --out DIR. If that process is gone, remove ${path}.`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** Removes what an earlier run left. The checkpoint goes first: nothing may ever go on from it with other rows. */
function clear(files: RunFiles, force: boolean): void {
  const { directory } = files;
  if (existsSync(files.metrics) && !force) {
    throw new UsageError(
      `${directory} holds a run already. Go on with it: --resume. Discard it: --force. Keep both: --out DIR.`,
    );
  }
  rmSync(join(directory, 'checkpoint'), { recursive: true, force: true });
  for (const name of Object.values(files)) if (name !== directory) rmSync(name, { force: true });
  removeEventFiles(directory);
  removeTemporaries(directory);
}

/** Half-written files of a process that was killed. */
function removeTemporaries(directory: string): void {
  for (const folder of [directory, join(directory, 'checkpoint')]) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
    }
  }
}

/** Writes a small file of the run in one move: a reader, or a kill, sees the old one or the new one, never half. */
export function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
