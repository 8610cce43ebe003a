import type { Config } from './schema.js';

/** Longest slug; beyond it file systems and readers give up. */
const maxLength = 120;

/**
 * Directory of a job below the sweep's: `<slug>/seed-<n>`. The slug is the run's label, then a part a setting: the
 * value alone for names (`cosine`), else `<key>-<value>` (`lr-0.1`). It depends on the job's own settings only, so it
 * stays the same when the sweep grows.
 */
export function jobDirectory(
  label: string | undefined,
  settings: readonly (readonly [dotted: string, value: unknown])[],
  config: Config,
): string {
  const parts = label === undefined ? [] : [label];
  const last = (dotted: string) => dotted.slice(dotted.lastIndexOf('.') + 1);
  const dottedKeys = settings.map(([dotted]) => dotted);
  for (const [dotted, value] of settings) {
    if (dotted === 'train.seed') continue;
    const key = dottedKeys.filter((other) => last(other) === last(dotted)).length > 1 ? dotted : last(dotted);
    parts.push(part(key, value));
  }
  const slug =
    parts
      .filter((text) => text !== '')
      .join('_')
      .slice(0, maxLength) || config.name;
  return `${slug}/seed-${config.train.seed}`;
}

function part(key: string, value: unknown): string {
  const isName = key === 'name' || key.endsWith('.name');
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([inner, item]) => part(inner, item))
      .join('_');
  }
  const text = slugify(Array.isArray(value) ? value.join('_') : String(value));
  return isName ? text : `${slugify(key)}-${text}`;
}

const slugify = (text: string) => text.replace(/[^A-Za-z0-9.+-]+/g, '-');
