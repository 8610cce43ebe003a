import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MissingError } from '../errors.js';
import { type RunSummary, readSummary } from '../run/summary.js';
import { configTextReader } from './config-text.js';

/** What reports read of a config: loosely, so that runs of older and newer versions can still be shown. */
const runConfigSchema = z.looseObject({
  name: z.string(),
  task: z.string(),
  model: z.looseObject({ name: z.string() }),
  dataset: z.looseObject({ name: z.string() }).optional(),
  optimizer: z.looseObject({ name: z.string() }),
  scheduler: z.looseObject({ name: z.string() }),
  train: z.looseObject({ seed: z.number() }),
});

export type RunConfig = z.output<typeof runConfigSchema>;

/** A run's directory as found on disk. */
export interface Run {
  readonly dir: string;
  readonly config: RunConfig;
  readonly seed: number;
  /** undefined: still running, or killed before it could write one. */
  readonly summary: RunSummary | undefined;
}

function isRunDir(dir: string): boolean {
  const has = (file: string) => existsSync(join(dir, file));
  return has('config.yaml') && (has('summary.json') || has('metrics.csv'));
}

function readRun(dir: string, parseConfig: (text: string) => unknown): Run {
  const configPath = join(dir, 'config.yaml');
  let config: RunConfig;
  try {
    config = runConfigSchema.parse(parseConfig(readFileSync(configPath, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new MissingError(`${configPath}: not the config of a run: ${reason}`);
  }
  const summaryPath = join(dir, 'summary.json');
  const summary = existsSync(summaryPath) ? readSummary(summaryPath) : undefined;
  return { dir, config, seed: config.train.seed, summary };
}

function* runDirs(dir: string): Generator<string> {
  if (isRunDir(dir)) {
    yield dir; // nothing inside a run's directory is another run
    return;
  }
  const entries = readdirSync(dir, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* runDirs(join(dir, entry.name));
  }
}

/**
 * The directories of all runs in or under the given ones: what has a `config.yaml` beside a `summary.json` or
 * `metrics.csv`.
 *
 * @throws MissingError when a path does not exist
 */
export function listRunDirs(paths: readonly string[]): string[] {
  const dirs = new Set<string>();
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new MissingError(`${path}: no such directory; expected a run's or a sweep's directory`);
    }
    for (const dir of runDirs(path)) dirs.add(dir);
  }
  return [...dirs];
}

/** Every run in or under the given directories. */
export function listRuns(paths: readonly string[]): Run[] {
  const parseConfig = configTextReader();
  return listRunDirs(paths).map((dir) => readRun(dir, parseConfig));
}

/**
 * Like `listRuns`, for those who need at least one.
 *
 * @throws MissingError when a path does not exist or nothing was found under any of them.
 */
export function findRuns(paths: readonly string[]): Run[] {
  const runs = listRuns(paths);
  if (runs.length === 0) {
    throw new MissingError(
      `${paths.join(', ')}: no runs (a run has config.yaml and metrics.csv); ` +
        'make some with "gen-bench run" or "gen-bench sweep"',
    );
  }
  return runs;
}
