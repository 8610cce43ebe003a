import type { Setting } from '../aggregate.js';
import type { Run } from '../runs.js';
import { html, type Markup } from './markup.js';
import { dataTable } from './table.js';

/** Runs listed one by one; a larger sweep has its CSV files. */
const MAX_ROWS = 500;

function runRow(method: string, run: Run, status: string): string[] {
  const { summary } = run;
  return [
    `${method}, seed ${run.seed}`,
    status,
    summary ? String(summary.steps) : '–',
    summary ? (summary.time.wallMs / 1000).toFixed(1) : '–',
    run.dir,
  ];
}

/** Every run of a setting with what became of it, those that are missing included. */
export function runSection({ methods, title }: Setting): Markup {
  const rows = methods.flatMap(({ fullLabel, completed, leftOut, missingSeeds }) => [
    ...completed.map((run) => runRow(fullLabel, run, run.summary.stopReason)),
    ...leftOut.map(({ run, reason }) => runRow(fullLabel, run, `left out: ${reason}`)),
    ...missingSeeds.map((seed) => [`${fullLabel}, seed ${seed}`, 'missing: no such run', '–', '–', '–']),
  ]);
  const columns = [
    { head: 'run' },
    { head: 'what became of it' },
    { head: 'steps', align: 'right' as const },
    { head: 'wall s', align: 'right' as const },
    { head: 'directory' },
  ];
  const cut = rows.length - MAX_ROWS;
  return html`<h3>Runs</h3>
<details><summary>All ${rows.length} runs</summary>
${dataTable(`Runs: ${title}`, columns, rows.slice(0, MAX_ROWS))}
${cut > 0 && html`<p>and ${cut} more, see their directories.</p>`}</details>`;
}
