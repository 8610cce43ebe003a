import { html, Markup } from './markup.js';

export interface TableColumn {
  readonly head: string | Markup;
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right';
}

type TableCell = string | Markup;

/**
 * A table with a caption in a frame that scrolls sideways where it is too narrow, also by keyboard.
 *
 * @param rows cells of each row; the first is its heading
 */
export function dataTable(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly TableCell[])[],
): Markup {
  const right = (index: number) =>
    columns[index]?.align === 'right' ? new Markup(' class="number"') : undefined;
  const row = ([head, ...cells]: readonly TableCell[]) =>
    html`<tr><th scope="row">${head}</th>${cells.map((cell, i) => html`<td${right(i + 1)}>${cell}</td>`)}</tr>\n`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ head }, i) => html`<th scope="col"${right(i)}>${head}</th>`)}</tr></thead>
<tbody>
${rows.map(row)}</tbody></table></div>`;
}
