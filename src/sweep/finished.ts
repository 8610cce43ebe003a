import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { configHash } from '../config/output.js';
import type { Config } from '../config/schema.js';
import { type RunSummary, readSummary } from '../run/summary.js';

/**
 * The summary of the run in `dir` if it is this very config and has nothing left to do: done, diverged (a run is
 * deterministic, so it would again), or stopped at the same `maxSteps`. Else undefined.
 */
export function finishedSummary(
  dir: string,
  config: Config,
  maxSteps: number | undefined,
): RunSummary | undefined {
  const configPath = join(dir, 'config.yaml');
  const summaryPath = join(dir, 'summary.json');
  if (!existsSync(configPath) || !existsSync(summaryPath)) return undefined;
  let summary: RunSummary;
  try {
    if (configHash(parse(readFileSync(configPath, 'utf8'))) !== configHash(config)) return undefined;
    summary = readSummary(summaryPath);
  } catch {
    return undefined; // damaged: running it says what is wrong
  }
  const finished =
    summary.status === 'done' ||
    summary.status === 'diverged' ||
    (summary.status === 'max-steps' && summary.steps === maxSteps);
  return finished ? summary : undefined;
}
