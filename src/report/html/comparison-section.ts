import type { Comparison } from '../compare.js';
import { columnsOf, legend } from '../compare-text.js';
import { html, type Markup } from './markup.js';
import { dataTable } from './table.js';

/** Notes shown; a sweep with more trouble than this has its list from `gen-bench compare`. */
const MAX_NOTES = 200;

/** The table of `gen-bench compare`, with what is not in its numbers below it. */
export function comparisonSection(comparison: Comparison): Markup {
  const columns = columnsOf(comparison);
  const rows = comparison.rows.map((row) =>
    columns.map((column) => {
      const text = column.cell(row);
      return column.isBest?.(row) ? html`<strong>${text}<span class="unseen"> (best)</span></strong>` : text;
    }),
  );
  const cut = comparison.notes.length - MAX_NOTES;
  return html`<h3>Comparison</h3>
${dataTable(`Methods compared: ${comparison.title}`, columns, rows)}
${
  comparison.notes.length > 0 &&
  html`<h4>Not in the means, and what else to know</h4>
<ul class="notes">${comparison.notes.slice(0, MAX_NOTES).map((note) => html`<li>${note}</li>`)}
${cut > 0 && html`<li>and ${cut} more: gen-bench compare lists all</li>`}</ul>`
}
<p class="small">${legend(comparison, 'bold').join(' ')}</p>`;
}
