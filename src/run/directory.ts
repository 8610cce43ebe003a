import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { MissingError, UsageError } from '../errors.js';

/** Files of a run's directory. */
export interface RunFiles {
  readonly directory: string;
  readonly config: string;
  readonly metrics: string;
  readonly eval: string;
  readonly summary: string;
  readonly provenance: string;
}

function runFiles(directory: string): RunFiles {
  return {
    directory,
    config: join(directory, 'config.yaml'),
    metrics: join(directory, 'metrics.csv'),
    eval: join(directory, 'eval.csv'),
    summary: join(directory, 'summary.json'),
    provenance: join(directory, 'provenance.json'),
  };
}

/**
 * Makes the directory ready for a run and locks it against a second process.
 *
 * @returns the files, and a function that gives the lock back
 * @throws UsageError when it holds a run already and neither `resume` nor `force` was given, or when another process
 *   is running in it; MissingError when it cannot be written.
 */
export function openRunDirectory(
  directory: string,
  { resume, force }: { readonly resume: boolean; readonly force: boolean },
): { files: RunFiles; release: () => void } {
  const files = runFiles(directory);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new MissingError(
      `${directory} cannot be made (${(error as Error).message}). Choose a writable folder: --out DIR.`,
    );
  }
  const release = lock(directory);
  try {
    if (existsSync(files.metrics) && !resume) {
      if (!force) {
        throw new UsageError(
          `${directory} holds a run already. Go on with it: --resume. Discard it: --force. Keep both: --out DIR.`,
        );
      }
      for (const name of Object.values(files)) if (name !== directory) rmSync(name, { force: true });
      rmSync(join(directory, 'checkpoint'), { recursive: true, force: true });
    }
  } catch (error) {
    release();
    throw error;
  }
  return { files, release };
}

/** An exclusive file with the owner's process id; one left by a dead process is taken over. */
function lock(directory: string): () => void {
  const path = join(directory, '.lock');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const fd = openSync(path, 'wx');
      writeSync(fd, String(process.pid));
      closeSync(fd);
      return () => rmSync(path, { force: true });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') {
        throw new MissingError(
          `${directory} cannot be written (${message}). Choose another folder: --out DIR.`,
        );
      }
      const owner = Number(readFileSync(path, 'utf8'));
      if (owner !== process.pid && isAlive(owner)) {
        throw new UsageError(
          `${directory} is in use by process ${owner}. Wait for it, or choose another --out DIR.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new UsageError(`${directory} is being opened by another process.`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Writes a small file of the run. */
export function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
