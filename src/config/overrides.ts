/**
 * `key=value` overrides of a config by dotted path.
 *
 * The rule for keys that the file gives and an override makes meaningless:
 * - an override that changes the `name` of a section drops the file's options of the old name that the new one does
 *   not have (`scheduler.name=cosine` drops `phi`), and keeps those that it has (`lr`);
 * - an override of one of two keys that exclude each other drops the other (`train.steps=100` drops `train.epochs`).
 * Keys that were themselves overridden are never dropped, nor are keys that no name has: they are reported.
 */

import type { Origin, Problem } from './problems.js';
import { didYouMean } from './suggest.js';
import { type ConfigMap, type ConfigNode, fromPlain, type MapEntry, withEntry } from './tree.js';
import { parseYaml } from './yaml.js';

/** A value to set at a dotted path, and where it was asked for. */
export interface Override {
  readonly path: readonly string[];
  readonly value: ConfigNode;
  readonly origin: Origin;
}

/** Short names of sections on the command line. */
const aliases: Readonly<Record<string, string>> = { data: 'dataset' };

/** Keys of which a config may have only one. */
const exclusiveKeys: readonly (readonly [section: string, a: string, b: string])[] = [
  ['train', 'epochs', 'steps'],
  ['scheduler', 'warmup_steps', 'warmup_ratio'],
];

/** Splits a dotted path; undefined when a part is empty. `data.` is short for `dataset.`. */
export function splitPath(dotted: string): string[] | undefined {
  const [section, ...rest] = dotted.split('.') as [string, ...string[]];
  const path = [Object.hasOwn(aliases, section) ? (aliases[section] as string) : section, ...rest];
  return path.some((part) => part.trim() === '') ? undefined : path;
}

/** Reads `scheduler.phi=4`. The value is YAML on one line: a number, text, `null`, `[…]` or `{…}`. */
export function parseOverride(text: string): { override: Override } | { problem: Problem } {
  const origin: Origin = { override: text };
  const problem = (message: string, key = ''): { problem: Problem } => ({
    problem: { origin, key, message, severity: 'error' },
  });
  const equals = text.indexOf('=');
  if (equals < 0) return problem('expected key=value, for example optimizer.lr=0.1');
  const dotted = text.slice(0, equals).trim();
  const path = splitPath(dotted);
  if (!path) return problem('the key before = must be a dotted path such as optimizer.lr');
  const valueText = text.slice(equals + 1);
  if (valueText.trim() === '') return problem(`no value after =; for none write ${dotted}=null`, dotted);
  if (valueText.includes('\n')) return problem('the value must be on one line', dotted);

  const { root, problems } = parseYaml(valueText, 'override');
  if (!root) return problem(problems[0]?.message ?? 'no value', dotted);
  if (problems[0]) return problem(problems[0].message, dotted);
  if (root.kind === 'map' && !valueText.trimStart().startsWith('{')) {
    return problem(`a mapping needs braces: ${dotted}={${valueText.trim()}}`, dotted);
  }
  return { override: { path, value: relocate(root, origin), origin } };
}

/** The same tree with every node at `origin`. */
function relocate(node: ConfigNode, origin: Origin): ConfigNode {
  if (node.kind === 'scalar') return { ...node, origin };
  if (node.kind === 'list') {
    return { kind: 'list', origin, items: node.items.map((item) => relocate(item, origin)) };
  }
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { keyOrigin: origin, node: relocate(entry.node, origin) }] as const,
  );
  return { kind: 'map', origin, entries: new Map(entries) };
}

/** Names of the keys that `section` has when its `name` is `name`; undefined when there is no such name. */
export type OptionNames = (section: string, name: string) => ReadonlySet<string> | undefined;

/** Sets the overrides in order and applies the rule above. */
export function applyOverrides(
  root: ConfigMap,
  overrides: readonly Override[],
  optionNames: OptionNames,
): { root: ConfigMap; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  let result = root;
  for (const override of overrides) {
    const next = set(result, override, override.path);
    if ('message' in next) {
      problems.push({
        origin: override.origin,
        key: override.path.join('.'),
        message: next.message,
        severity: 'error',
      });
    } else {
      result = dropMeaningless(next, override, root, optionNames);
    }
  }
  return { root: result, problems };
}

function set(
  node: ConfigNode | undefined,
  override: Override,
  path: readonly string[],
): ConfigMap | { message: string } {
  const [key, ...rest] = path as [string, ...string[]];
  if (node && node.kind !== 'map') {
    const parent = override.path.slice(0, override.path.length - path.length).join('.');
    return node.kind === 'list'
      ? { message: `${parent} is a list; set it whole: ${parent}=[…]` }
      : { message: `${parent} is not a mapping and has no key ${key}` };
  }
  const map: ConfigMap = node ?? (fromPlain({}, override.origin) as ConfigMap);
  const entry = map.entries.get(key);
  if (rest.length === 0) {
    return withEntry(map, key, { keyOrigin: override.origin, node: override.value });
  }
  const inner = set(entry?.node, override, rest);
  if ('message' in inner) return inner;
  return withEntry(map, key, { keyOrigin: entry?.keyOrigin ?? override.origin, node: inner });
}

function dropMeaningless(
  root: ConfigMap,
  { path, value }: Override,
  file: ConfigMap,
  optionNames: OptionNames,
): ConfigMap {
  const [section, key] = path as [string, string?];
  const entry = root.entries.get(section);
  const before = file.entries.get(section)?.node;
  if (path.length !== 2 || key === undefined || entry?.node.kind !== 'map' || before?.kind !== 'map')
    return root;

  // an entry that is still the very object of the file was not overridden
  const isFromFile = (name: string, item: MapEntry | undefined) =>
    item !== undefined && before.entries.get(name) === item;
  let map = entry.node;
  const drop = (name: string) => {
    if (isFromFile(name, map.entries.get(name))) map = withEntry(map, name, undefined);
  };

  if (key === 'name' && value.kind === 'scalar') {
    const oldName = before.entries.get('name')?.node;
    const old = oldName?.kind === 'scalar' ? optionNames(section, String(oldName.value)) : undefined;
    const known = optionNames(section, String(value.value));
    if (old && known) for (const name of old) if (!known.has(name)) drop(name);
  }
  if (value.kind === 'scalar' && value.value === null) return root;
  for (const [exclusiveSection, a, b] of exclusiveKeys) {
    if (section === exclusiveSection && key === a) drop(b);
    if (section === exclusiveSection && key === b) drop(a);
  }
  return map === entry.node ? root : withEntry(root, section, { ...entry, node: map });
}

/** Advice for an override whose path no config has: the path that ends the same way, or a similar one. */
export function suggestPath(path: readonly string[], knownPaths: readonly string[]): string {
  const dotted = path.join('.');
  const last = path.at(-1);
  const sameEnd = knownPaths.filter((known) => known.split('.').at(-1) === last);
  return sameEnd.length === 1 ? ` (did you mean «${sameEnd[0]}»?)` : didYouMean(dotted, knownPaths);
}
