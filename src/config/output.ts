import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { Config } from './schema.js';

/** The config as YAML with every default spelled out; loading it again gives an equal config. */
export function stringifyConfig(config: Config): string {
  return stringify(config, { lineWidth: 0, flowCollectionPadding: false, collectionStyle: 'block' });
}

/** sha256 (hex) of the resolved config, the same whatever the order of its keys. */
export function configHash(config: Config): string {
  return createHash('sha256').update(canonical(config)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value);
}
