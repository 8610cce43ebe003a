import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { SweepJob } from '../config/sweep.js';
import { MissingError } from '../errors.js';
import { writeWhole } from '../run/directory.js';
import { systemFailure } from '../system-failure.js';

const FILE = 'sweep.json';

const jobListSchema = z.object({
  /** Directories of the runs, relative to the sweep's. */
  runs: z.array(z.string()),
});

/** Leaves the list of a sweep's jobs in its directory, for `gen-bench status`. */
export function writeJobList(sweepDir: string, jobs: readonly SweepJob[]): void {
  try {
    mkdirSync(sweepDir, { recursive: true });
    writeWhole(join(sweepDir, FILE), `${JSON.stringify({ runs: jobs.map(({ dir }) => dir) }, null, 2)}\n`);
  } catch (error) {
    throw systemFailure(error) ?? error;
  }
}

/**
 * Directories of a sweep's jobs below `sweepDir`; undefined where no sweep was started there.
 *
 * @throws MissingError for a damaged list
 */
export function readJobList(sweepDir: string): string[] | undefined {
  const path = join(sweepDir, FILE);
  if (!existsSync(path)) return undefined;
  try {
    return jobListSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).runs.map((dir) => join(sweepDir, dir));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new MissingError(`${path}: not a sweep's list of runs: ${reason}; remove it`);
  }
}
