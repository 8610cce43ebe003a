import type { RunConfig } from './runs.js';

/** Sections that change what is written, not what is learnt. */
const irrelevantSections = new Set(['name', 'eval', 'checkpoint', 'logging']);

/** A config as dotted paths and values, e.g. `optimizer.lr` → `0.1`; lists stay whole. */
export type FlatConfig = ReadonlyMap<string, string>;

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value))
      flatten(inner, path === '' ? key : `${path}.${key}`, into);
  } else {
    into.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
}

/** What makes a run the same method as another: everything of the config but its name, seed and bookkeeping. */
export function flatConfig(config: RunConfig): FlatConfig {
  const flat = new Map<string, string>();
  for (const [section, value] of Object.entries(config)) {
    if (!irrelevantSections.has(section)) flatten(value, section, flat);
  }
  flat.delete('train.seed');
  return flat;
}

/** A text equal for equal configs whatever the order of their keys. */
export function identity(flat: FlatConfig): string {
  return [...flat]
    .map(([path, value]) => `${path}=${value}`)
    .sort()
    .join('\n');
}

/**
 * What tells configs apart, a text each: the keys on which they are not all equal, by their last name where that is
 * clear, e.g. `lr=0.1, phi=4`. Empty where nothing differs.
 */
export function differences(configs: readonly FlatConfig[]): string[] {
  const paths = [...new Set(configs.flatMap((config) => [...config.keys()]))];
  const differing = paths.filter((path) => new Set(configs.map((config) => config.get(path))).size > 1);
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const short = (path: string) =>
    differing.filter((other) => last(other) === last(path)).length > 1 ? path : last(path);
  return configs.map((config) =>
    differing
      .filter((path) => config.has(path))
      .map((path) => `${short(path)}=${config.get(path)}`)
      .join(', '),
  );
}
