import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { compileMode } from '../engine/compile.js';
import { backend, currentPrecision, tf, threadCount } from '../engine/tf.js';
import { UsageError } from '../errors.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Version of this program. */
function programVersion(): string {
  return (JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string }).version;
}

export interface Provenance {
  readonly version: string;
  /** Commit of gen-bench's own repository; null outside one. */
  readonly gitCommit: string | null;
  readonly gitDirty: boolean | null;
  readonly node: string;
  readonly platform: string;
  readonly tensorflow: string;
  readonly tfjs: string;
  readonly device: 'cpu' | 'gpu';
  readonly cpu: string;
  readonly threads: number;
  readonly precision: string;
  /** false: `--no-compile`. */
  readonly compiled: boolean;
  /** sha256 of data and weight files, by name. */
  readonly checksums: Readonly<Record<string, string>>;
  readonly command: string;
  readonly startedAt: string;
  /** Where this run departs from the paper's or the data set's full protocol, in words. */
  readonly fidelity: readonly string[];
}

/** What one needs to know to make this run again. The engine must be loaded. */
export function provenance(run: {
  readonly command: string;
  readonly checksums: Readonly<Record<string, string>>;
  readonly fidelity: readonly string[];
}): Provenance {
  const git = (...args: string[]) => {
    const result = spawnSync('git', ['-C', ROOT, ...args], { encoding: 'utf8' });
    return result.status === 0 ? result.stdout.trim() : null;
  };
  // Results are no part of the program: the first run of a table would make the others' provenance dirty.
  const status = git('status', '--porcelain', '--', '.', ':!results');
  return {
    version: programVersion(),
    gitCommit: git('rev-parse', 'HEAD'),
    gitDirty: status === null ? null : status !== '',
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    tensorflow: backend.binding.TF_Version,
    tfjs: tf.version_core,
    device: backend.binding.isUsingGpuDevice() ? 'gpu' : 'cpu',
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: threadCount(),
    precision: currentPrecision(),
    compiled: compileMode.enabled,
    startedAt: new Date().toISOString(),
    ...run,
  };
}

/**
 * Compares the data and weight files at hand with those that the run was started with.
 *
 * @param path the run's provenance.json; one that is missing or unreadable says nothing
 * @throws UsageError where a file is another one
 */
export function checkSameData(path: string, checksums: Readonly<Record<string, string>>): void {
  let started: Partial<Provenance>;
  try {
    started = JSON.parse(readFileSync(path, 'utf8')) as Partial<Provenance>;
  } catch {
    return;
  }
  const differs = Object.entries(started.checksums ?? {}).find(
    ([name, sha256]) => checksums[name] !== undefined && checksums[name] !== sha256,
  );
  if (!differs) return;
  throw new UsageError(
    `${differs[0]} is not the file that the run was started with (sha256 ${checksums[differs[0]]}, then ${differs[1]}). Give the same data, or start again with --force.`,
  );
}
