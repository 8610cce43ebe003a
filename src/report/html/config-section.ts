import type { Setting } from '../aggregate.js';
import { flatConfig } from '../identity.js';
import { html, type Markup } from './markup.js';
import { dataTable } from './table.js';

/** With more methods than this each is a row, else each is a column. */
const MAX_COLUMNS = 8;

/** What tells the methods' configs apart, and what they have in common. */
export function configSection({ methods, title }: Setting): Markup {
  const flat = methods.map(({ config }) => flatConfig(config));
  const paths = [...new Set(flat.flatMap((config) => [...config.keys()]))];
  const differs = (path: string) => new Set(flat.map((config) => config.get(path))).size > 1;
  const differing = paths.filter(differs);
  const shared = paths.filter((path) => !differs(path));
  const labels = methods.map(({ fullLabel }) => fullLabel);
  const value = (method: number, path: string) => flat[method]?.get(path) ?? '–';
  const asColumns = methods.length <= MAX_COLUMNS;
  const heads = asColumns ? ['key', ...labels] : ['method', ...differing];
  const rows = asColumns
    ? differing.map((path) => [path, ...labels.map((_, method) => value(method, path))])
    : labels.map((label, method) => [label, ...differing.map((path) => value(method, path))]);
  return html`<h3>Configuration</h3>
${
  differing.length > 0
    ? dataTable(
        `What differs between the methods: ${title}`,
        heads.map((head) => ({ head })),
        rows,
      )
    : html`<p>A single method: nothing differs.</p>`
}
<details><summary>What they have in common</summary>
${dataTable(
  `Settings in common: ${title}`,
  [{ head: 'key' }, { head: 'value' }],
  shared.map((path) => [path, value(0, path)]),
)}</details>`;
}
