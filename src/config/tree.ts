/** A config before it is checked: YAML values, each remembering where it was written. */
import type { Origin } from './problems.js';

export type Scalar = string | number | boolean | null;

export interface MapEntry {
  readonly keyOrigin: Origin;
  readonly node: ConfigNode;
}

export type ConfigNode =
  | { readonly kind: 'scalar'; readonly origin: Origin; readonly value: Scalar }
  | { readonly kind: 'list'; readonly origin: Origin; readonly items: readonly ConfigNode[] }
  | { readonly kind: 'map'; readonly origin: Origin; readonly entries: ReadonlyMap<string, MapEntry> };

export type ConfigMap = Extract<ConfigNode, { kind: 'map' }>;

export type Path = readonly (string | number)[];

/** The plain value of a tree. Objects have no prototype, so a key such as `__proto__` is a key like any other. */
export function toPlain(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of node.entries) plain[key] = toPlain(entry.node);
  return plain;
}

/** A tree of a plain value that was not read from a file; every node has the same origin. */
export function fromPlain(value: unknown, origin: Origin): ConfigNode {
  if (Array.isArray(value)) {
    return { kind: 'list', origin, items: value.map((item) => fromPlain(item, origin)) };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, { keyOrigin: origin, node: fromPlain(item, origin) }] as const);
    return { kind: 'map', origin, entries: new Map(entries) };
  }
  return { kind: 'scalar', origin, value: value as Scalar };
}

export function child(node: ConfigNode | undefined, key: string | number): ConfigNode | undefined {
  if (node?.kind === 'map') return node.entries.get(String(key))?.node;
  if (node?.kind === 'list') return node.items[Number(key)];
  return undefined;
}

export function nodeAt(root: ConfigNode, path: Path): ConfigNode | undefined {
  return path.reduce<ConfigNode | undefined>(child, root);
}

/**
 * Where to point for a problem at `path`: a scalar at itself, a mapping or list at its key, something absent at the
 * nearest thing around it that is there.
 */
export function originAt(root: ConfigNode, path: Path): Origin {
  let node: ConfigNode = root;
  let origin = root.origin;
  for (const key of path) {
    const next = child(node, key);
    if (!next) break;
    const entry = node.kind === 'map' ? node.entries.get(String(key)) : undefined;
    origin = next.kind === 'scalar' ? next.origin : (entry?.keyOrigin ?? next.origin);
    node = next;
  }
  return origin;
}

/** Where the key at the end of `path` stands. */
export function keyOriginAt(root: ConfigNode, path: Path): Origin {
  const parent = nodeAt(root, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.keyOrigin ?? originAt(root, path);
}

/** A copy of `map` with one entry set, or removed when `entry` is undefined. */
export function withEntry(map: ConfigMap, key: string, entry: MapEntry | undefined): ConfigMap {
  const entries = new Map(map.entries);
  if (entry) entries.set(key, entry);
  else entries.delete(key);
  return { ...map, entries };
}
