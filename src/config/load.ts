import { readFileSync } from 'node:fs';
import { genSettings, resolveGenOptions } from '../gen/options.js';
import { crossChecks } from './checks.js';
import { translateIssues } from './issues.js';
import { applyOverrides, type Override, parseOverride } from './overrides.js';
import { ConfigError, type Origin, type Problem } from './problems.js';
import { type Config, configSchema, optionNames } from './schema.js';
import { type ConfigMap, type ConfigNode, fromPlain, toPlain } from './tree.js';
import { decodeConfig, parseYaml } from './yaml.js';

/** The outcome of checking a config: the config unless there are errors, and every problem, warnings included. */
export interface CheckedConfig {
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads, checks and completes a config file.
 *
 * @param path YAML file
 * @param overrides `key=value` texts by dotted path, applied in order; see overrides.ts for what they drop
 * @throws ConfigError (a UsageError) that lists every problem with file, line and column
 */
export function loadConfig(path: string, overrides: readonly string[] = []): Config {
  return orThrow(checkConfigFile(path, overrides));
}

/** `loadConfig` for text at hand; `fileName` is used in messages only. */
export function parseConfig(text: string, fileName = 'config', overrides: readonly string[] = []): Config {
  return orThrow(checkConfigText(text, fileName, overrides));
}

/**
 * `loadConfig` for a plain object, as library users write it.
 *
 * @throws ConfigError that lists every problem by its dotted key
 */
export function resolveConfig(value: unknown, overrides: readonly string[] = []): Config {
  const origin: Origin = { file: 'config object', line: 1, column: 1 };
  return orThrow(withOverrides({ root: fromPlain(value, origin), problems: [] }, origin, overrides));
}

/** Like `loadConfig`, but returns the problems. */
export function checkConfigFile(path: string, overrides: readonly string[] = []): CheckedConfig {
  const source = readConfigFile(path);
  return withOverrides(source, { file: path, line: 1, column: 1 }, overrides);
}

function checkConfigText(text: string, file: string, overrides: readonly string[]): CheckedConfig {
  return withOverrides(parseYaml(text, file), { file, line: 1, column: 1 }, overrides);
}

/** A file as a tree of located values, not yet checked. */
export function readConfigFile(path: string): { root: ConfigNode | undefined; problems: readonly Problem[] } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return {
      root: undefined,
      problems: [{ ...nowhere(path), message: unreadable(error), severity: 'error' }],
    };
  }
  const decoded = decodeConfig(bytes, path);
  if ('problem' in decoded) return { root: undefined, problems: [decoded.problem] };
  return parseYaml(decoded.text, path);
}

const nowhere = (file: string) => ({ origin: { file, line: 1, column: 1 }, key: '' });

function unreadable(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'no such file; the configs that come with gen-bench are in configs/';
    case 'EISDIR':
      return 'is a directory; expected a YAML file';
    default:
      return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function withOverrides(
  { root, problems }: { root: ConfigNode | undefined; problems: readonly Problem[] },
  origin: Origin,
  texts: readonly string[],
): CheckedConfig {
  const overrides: Override[] = [];
  const all = [...problems];
  for (const text of texts) {
    const parsed = parseOverride(text);
    if ('problem' in parsed) all.push(parsed.problem);
    else overrides.push(parsed.override);
  }
  if (!root) return { config: undefined, problems: all };
  const checked = checkTree(root, origin, overrides);
  all.push(...checked.problems);
  return { config: hasErrors(all) ? undefined : checked.config, problems: all };
}

/** Applies overrides to a tree and checks the result. */
export function checkTree(root: ConfigNode, origin: Origin, overrides: readonly Override[]): CheckedConfig {
  if (root.kind !== 'map') {
    const message = 'expected a mapping with the keys name, task, model, … ; found a single value or a list';
    return { config: undefined, problems: [{ origin, key: '', message, severity: 'error' }] };
  }
  const applied = applyOverrides(root, overrides, optionNames);
  const checked = checkMap(applied.root);
  const problems = [...applied.problems, ...checked.problems];
  return { config: hasErrors(problems) ? undefined : checked.config, problems };
}

function checkMap(root: ConfigMap): CheckedConfig {
  const raw = toPlain(root) as Record<string, unknown>;
  const schema = configSchema(raw);
  const parsed = schema.schema.safeParse(raw, { reportInput: false });
  const problems = [
    ...(parsed.success ? [] : translateIssues(parsed.error.issues, root, schema)),
    ...crossChecks(root, schema),
  ];
  problems.sort(byPosition);
  if (!parsed.success || hasErrors(problems)) return { config: undefined, problems };
  return { config: complete(parsed.data as unknown as Config), problems };
}

/** Spells out what GeN's preset decides, so that config.yaml says it all. */
function complete(config: Config): Config {
  if (config.scheduler.name !== 'gen') return config;
  const { name, ...options } = config.scheduler;
  return { ...config, scheduler: { name, ...genSettings(resolveGenOptions(options)) } };
}

function byPosition(a: Problem, b: Problem): number {
  if ('file' in a.origin && 'file' in b.origin) {
    return a.origin.line - b.origin.line || a.origin.column - b.origin.column;
  }
  return Number('override' in a.origin) - Number('override' in b.origin);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

function orThrow({ config, problems }: CheckedConfig): Config {
  if (!config) throw new ConfigError(problems.filter((problem) => problem.severity === 'error'));
  return config;
}
