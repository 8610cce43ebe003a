/**
 * Sweeps: one base config, and the overrides that make its variants.
 *
 *     base: ../mini/resnet8-digits.yaml       # relative to the sweep's file
 *     runs:                                   # optional: one map of overrides a method, with an optional label
 *       - { label: gen, scheduler: { name: gen, phi: 1 } }
 *       - { label: cosine, scheduler.name: cosine }
 *     zip: { optimizer.name: [sgd, adamw], optimizer.lr: [0.1, 0.001] }   # optional: lists walked together
 *     grid: { train.seed: [0, 1] }            # optional: every combination
 *
 * The jobs are runs × zip × grid, in the order of the file, the last key of the grid fastest.
 */
import { dirname, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { checkTree, hasErrors, readConfigFile } from './load.js';
import { ConfigError, formatProblem, type Problem } from './problems.js';
import type { Config } from './schema.js';
import { didYouMean } from './suggest.js';
import { jobSlug } from './sweep-names.js';
import { isDirectoryName, type Run, type Setting, SweepReader } from './sweep-reader.js';
import { type ConfigMap, type ConfigNode, toPlain } from './tree.js';

/** One run of a sweep. */
export interface SweepJob {
  /** Unique in the sweep, e.g. `cosine, seed 1`. */
  readonly name: string;
  /** Directory of the run below the sweep's, e.g. `cosine/seed-1`. */
  readonly dir: string;
  /** What sets it apart from the base, as `key=value` texts that `gen-bench run <base>` understands. */
  readonly overrides: readonly string[];
  readonly config: Config;
}

export interface Sweep {
  /** From the file's `name`, else its file name. */
  readonly name: string;
  /** Path of the base config. */
  readonly base: string;
  readonly jobs: readonly SweepJob[];
}

const keys = ['name', 'base', 'runs', 'zip', 'grid'];

/** Largest number of jobs: above it a list was meant to be zipped. */
const maxJobs = 10_000;

/** The settings of a job: those of its run, and one an axis of zip and grid. */
interface Combination {
  readonly run: Run;
  readonly axes: readonly Setting[];
}

/**
 * Reads a sweep and expands it to its jobs, each with its checked config.
 *
 * @throws ConfigError with every problem of the sweep's file and of the configs it makes
 */
export function loadSweep(path: string): Sweep {
  const { sweep, problems } = checkSweepFile(path);
  if (!sweep) throw new ConfigError(problems.filter((problem) => problem.severity === 'error'));
  return sweep;
}

/** Like `loadSweep`, but returns the problems. */
export function checkSweepFile(path: string): { sweep: Sweep | undefined; problems: readonly Problem[] } {
  const { root, problems } = readConfigFile(path);
  if (!root) return { sweep: undefined, problems };
  return expandSweep(root, problems, path);
}

/** Whether a file holds a sweep rather than a config. */
export function isSweep(root: ConfigNode | undefined): boolean {
  return root?.kind === 'map' && root.entries.has('base');
}

function expandSweep(
  root: ConfigNode,
  yamlProblems: readonly Problem[],
  path: string,
): { sweep: Sweep | undefined; problems: readonly Problem[] } {
  const reader = new SweepReader();
  reader.problems.push(...yamlProblems);
  const fail = () => ({ sweep: undefined, problems: reader.problems });
  if (root.kind !== 'map') {
    reader.error(root.origin, '', `expected a mapping with the keys ${keys.join(', ')}`);
    return fail();
  }
  for (const [key, entry] of root.entries) {
    if (!keys.includes(key)) {
      reader.error(
        entry.keyOrigin,
        key,
        `unknown key${didYouMean(key, keys)}; keys here: ${keys.join(', ')}`,
      );
    }
  }
  const name = reader.text(root, 'name') ?? stem(path);
  if (!isDirectoryName(name)) {
    const origin = root.entries.get('name')?.node.origin ?? root.origin;
    reader.error(origin, 'name', 'must be letters, digits, ., _ and -: it names a directory');
  }
  const base = reader.text(root, 'base');
  if (base === undefined && !root.entries.has('base')) {
    reader.error(root.origin, 'base', 'missing; expected the path of a config, relative to this file');
  }
  const combinations = combine(reader, root);
  if (base === undefined || reader.problems.length > 0) return fail();

  const basePath = relative('', resolve(dirname(path), base));
  const source = readConfigFile(basePath);
  reader.problems.push(...source.problems);
  if (!source.root || hasErrors(reader.problems)) return fail();

  const jobs = makeJobs(reader, source.root, basePath, combinations);
  return hasErrors(reader.problems)
    ? fail()
    : { sweep: { name, base: basePath, jobs }, problems: reader.problems };
}

function stem(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\.ya?ml$/, '');
}

/** runs × zip × grid. */
function combine(reader: SweepReader, root: ConfigMap): Combination[] {
  const rows = reader.rows(root);
  const grid = reader.axes(root, 'grid');
  let combinations: Combination[] = reader
    .runs(root)
    .flatMap((run) => rows.map((row) => ({ run, axes: row })));
  const size = grid.reduce((product, axis) => product * axis.length, combinations.length);
  if (size > maxJobs) {
    reader.error(root.origin, 'grid', `makes ${size} jobs; at most ${maxJobs}`);
    return [];
  }
  for (const axis of grid) {
    combinations = combinations.flatMap(({ run, axes }) =>
      axis.map((setting) => ({ run, axes: [...axes, setting] })),
    );
  }
  return combinations;
}

function makeJobs(
  reader: SweepReader,
  base: ConfigNode,
  basePath: string,
  combinations: readonly Combination[],
): SweepJob[] {
  const reported = new Set<string>();
  const taken = new Map<string, string>();
  return combinations.flatMap(({ run, axes }) => {
    const settings = [...run.settings, ...axes];
    const checked = checkTree(
      base,
      { file: basePath, line: 1, column: 1 },
      settings.map((setting) => setting.override),
    );
    const overrides = settings.map(({ dotted, override }) => `${dotted}=${flow(override.value)}`);
    const inJob = overrides.length > 0 ? ` (in the job ${overrides.join(' ')})` : '';
    for (const problem of checked.problems) {
      // the same line of the same file is wrong in many jobs: once is enough
      const text = formatProblem(problem);
      if (reported.has(text)) continue;
      reported.add(text);
      reader.problems.push({ ...problem, message: `${problem.message}${inJob}` });
    }
    if (!checked.config) return [];
    // a label stands for the settings of its run
    const named = run.label === undefined ? settings : axes;
    const values = named.map(({ dotted, override }) => [dotted, toPlain(override.value)] as const);
    const slug = jobSlug(run.label, values) || checked.config.name;
    const { seed } = checked.config.train;
    const dir = `${slug}/seed-${seed}`;
    const earlier = taken.get(dir);
    if (earlier !== undefined) {
      const origin = settings.at(-1)?.override.origin ?? base.origin;
      const message = `two jobs would write to ${dir}: «${earlier}» and «${overrides.join(' ')}»; give each run its own label`;
      reader.error(origin, '', message);
      return [];
    }
    taken.set(dir, overrides.join(' '));
    return [{ name: `${slug}, seed ${seed}`, dir, overrides, config: checked.config }];
  });
}

/** A value as YAML on one line. */
function flow(node: ConfigNode): string {
  return stringify(toPlain(node), { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
}
