/** Longest slug; beyond it file systems and readers give up. */
const maxLength = 120;

/**
 * The part of a job's directory that tells it from the others of its sweep, seeds aside: the run's label, then a part
 * a setting: the value alone for names (`cosine`), else `<key>-<value>` (`lr-0.1`). It depends on the job's own
 * settings only, so it stays the same when the sweep grows. Empty when nothing but the seed is set.
 */
export function jobSlug(
  label: string | undefined,
  settings: readonly (readonly [dotted: string, value: unknown])[],
): string {
  const last = (dotted: string) => dotted.slice(dotted.lastIndexOf('.') + 1);
  const isAmbiguous = (dotted: string) =>
    settings.some(([other]) => other !== dotted && last(other) === last(dotted));
  const parts = settings
    .filter(([dotted]) => dotted !== 'train.seed')
    .map(([dotted, value]) => part(isAmbiguous(dotted) ? dotted : last(dotted), value));
  return [label ?? '', ...parts]
    .filter((text) => text !== '')
    .join('_')
    .slice(0, maxLength);
}

function part(key: string, value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([inner, item]) => part(inner, item))
      .join('_');
  }
  const text = slugify(Array.isArray(value) ? value.join('_') : String(value));
  return key === 'name' || key.endsWith('.name') ? text : `${slugify(key)}-${text}`;
}

const slugify = (text: string) => text.replace(/[^A-Za-z0-9.+-]+/g, '-');
