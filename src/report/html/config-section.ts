import type { Setting } from '../aggregate.js';
import { flatConfig } from '../identity.js';
import { html, type Markup } from './markup.js';
import { dataTable } from './table.js';

/** What tells the methods' configs apart, and what they have in common. */
export function configSection({ methods, title }: Setting): Markup {
  const flat = methods.map(({ config }) => flatConfig(config));
  const paths = [...new Set(flat.flatMap((config) => [...config.keys()]))];
  const differs = (path: string) => new Set(flat.map((config) => config.get(path))).size > 1;
  const differing = paths.filter(differs);
  const shared = paths.filter((path) => !differs(path));
  const rows = methods.map(({ fullLabel }, i) => [
    fullLabel,
    ...differing.map((path) => flat[i]?.get(path) ?? '–'),
  ]);
  return html`<h3>Configuration</h3>
${
  differing.length > 0
    ? dataTable(
        `What differs between the methods: ${title}`,
        [{ head: 'method' }, ...differing.map((head) => ({ head }))],
        rows,
      )
    : html`<p>A single method: nothing differs.</p>`
}
<details><summary>What they have in common</summary>
${dataTable(
  `Settings in common: ${title}`,
  [{ head: 'key' }, { head: 'value' }],
  shared.map((path) => [path, flat[0]?.get(path) ?? '']),
)}</details>`;
}
