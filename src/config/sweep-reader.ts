/** The parts of a sweep's file as lists of settings, with a problem for everything that is not of the right form. */
import { type Override, splitPath } from './overrides.js';
import type { Origin, Problem } from './problems.js';
import { type ConfigMap, type ConfigNode, child } from './tree.js';

/** A value set by the sweep at a dotted path. */
export interface Setting {
  readonly dotted: string;
  readonly override: Override;
}

/** An entry of `runs`. */
export interface Run {
  readonly label: string | undefined;
  readonly settings: readonly Setting[];
}

export class SweepReader {
  readonly problems: Problem[] = [];

  error(origin: Origin, key: string, message: string): void {
    this.problems.push({ origin, key, message, severity: 'error' });
  }

  text(root: ConfigMap, key: string): string | undefined {
    const node = child(root, key);
    if (!node) return undefined;
    if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
    this.error(node.origin, key, 'expected text');
    return undefined;
  }

  setting(dotted: string, keyOrigin: Origin, value: ConfigNode, where: string): Setting[] {
    const path = splitPath(dotted);
    if (path) return [{ dotted, override: { path, value, origin: keyOrigin } }];
    this.error(keyOrigin, `${where}.${dotted}`, 'expected a dotted path such as optimizer.lr');
    return [];
  }

  /** `{ key: [values] }` as one list of settings a key. */
  axes(root: ConfigMap, key: 'grid' | 'zip'): Setting[][] {
    const node = child(root, key);
    if (!node) return [];
    if (node.kind !== 'map') {
      this.error(node.origin, key, 'expected a mapping of dotted keys to lists of values');
      return [];
    }
    return [...node.entries].map(([dotted, { keyOrigin, node: values }]) => {
      if (values.kind === 'list' && values.items.length > 0) {
        return values.items.flatMap((item) => this.setting(dotted, keyOrigin, item, key));
      }
      this.error(keyOrigin, `${key}.${dotted}`, 'expected a list of at least one value');
      return [];
    });
  }

  /** The zip's rows: settings that go together. */
  rows(root: ConfigMap): Setting[][] {
    const axes = this.axes(root, 'zip');
    const length = axes[0]?.length;
    if (length === undefined) return [[]];
    if (axes.some((axis) => axis.length !== length)) {
      const lengths = axes.map((axis) => `${axis[0]?.dotted ?? '?'} has ${axis.length}`).join(', ');
      const entry = root.entries.get('zip');
      if (entry) this.error(entry.keyOrigin, 'zip', `lists must be equally long; ${lengths}`);
      return [];
    }
    return Array.from({ length }, (_, row) => axes.map((axis) => axis[row] as Setting));
  }

  runs(root: ConfigMap): Run[] {
    const node = child(root, 'runs');
    if (!node) return [{ label: undefined, settings: [] }];
    if (node.kind !== 'list' || node.items.length === 0) {
      this.error(node.origin, 'runs', 'expected a list of mappings of dotted keys to values');
      return [];
    }
    return node.items.flatMap((item, index) => {
      if (item.kind === 'map') return [this.run(item, `runs.${index}`)];
      this.error(item.origin, `runs.${index}`, 'expected a mapping of dotted keys to values');
      return [];
    });
  }

  run(item: ConfigMap, where: string): Run {
    const label = this.text(item, 'label');
    if (label !== undefined && !isDirectoryName(label)) {
      this.error(item.origin, `${where}.label`, 'must be letters, digits, ., _ and -: it names a directory');
    }
    const settings = [...item.entries]
      .filter(([key]) => key !== 'label')
      .flatMap(([dotted, entry]) => this.setting(dotted, entry.keyOrigin, entry.node, where));
    return { label, settings };
  }
}

export const isDirectoryName = (name: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
