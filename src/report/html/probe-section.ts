import type { Method, Setting } from '../aggregate.js';
import type { Run } from '../runs.js';
import { html, jsonBlock, type Markup } from './markup.js';
import { type RunProbes, runProbes } from './probe-data.js';
import { dataTable } from './table.js';

/** Runs of all settings together whose probes a page holds. */
const MAX_RUNS = 40;

interface ProbedRun extends RunProbes {
  readonly label: string;
  readonly run: Run;
}

/** First seeds of every method first: a small allowance shows something of each. */
function genRuns(methods: readonly Method[]): { label: string; run: Run }[] {
  const rows = methods
    .filter(({ config }) => config.scheduler.name === 'gen')
    .map(({ fullLabel, completed, leftOut }) =>
      [...completed, ...leftOut.map(({ run }) => run)].map((run) => ({
        label: `${fullLabel}, seed ${run.seed}`,
        run,
      })),
    );
  const longest = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => rows.flatMap((row) => row[i] ?? [])).flat();
}

function countTable(runs: readonly ProbedRun[], title: string): Markup {
  const counts = runs.map(({ rows }) => {
    const found = new Map<string, number>();
    for (const row of rows) found.set(row.at(-1) as string, (found.get(row.at(-1) as string) ?? 0) + 1);
    return found;
  });
  const statuses = [...new Set(counts.flatMap((found) => [...found.keys()]))].sort();
  const number = { align: 'right' as const };
  return dataTable(
    `What became of the probes shown: ${title}`,
    [{ head: 'run' }, ...['all probes', 'shown', ...statuses].map((head) => ({ head, ...number }))],
    runs.map(({ label, total, rows }, i) => [
      label,
      String(total),
      String(rows.length),
      ...statuses.map((status) => String(counts[i]?.get(status) ?? 0)),
    ]),
  );
}

function browser(id: string, runs: readonly ProbedRun[]): Markup {
  return html`<div class="browser" data-probes="${id}" role="group" aria-label="Probe browser" hidden>
<div class="controls">
<label>Run <select data-run>${runs.map(({ label }, i) => html`<option value="${i}">${label}</option>`)}</select></label>
<label>Show <select data-status></select></label>
<label class="slide">Probe <input type="range" data-index min="0" value="0" step="1"></label>
<span class="buttons"><button type="button" data-previous>Previous</button> <button type="button" data-next>Next</button></span>
</div>
<div class="figures">
<figure><figcaption data-title></figcaption><svg data-parabola viewBox="0 0 480 300" role="img"></svg>
<ul class="legend small"><li><span aria-hidden="true" class="sign">●</span> losses measured</li><li><span aria-hidden="true" class="sign">—</span> fitted parabola</li><li><span aria-hidden="true">▏</span>η before</li><li><span aria-hidden="true" class="sign">▼</span> η* (minimum)</li><li><span aria-hidden="true">◆</span> η after</li></ul>
</figure>
<figure><figcaption>η after each probe (line) and η* (dots)</figcaption><svg data-rates viewBox="0 0 480 300" role="img"></svg>
<p class="small">Click to choose a probe. η* beyond the axis stands at its edge.</p></figure>
</div>
<dl data-facts></dl>
<details data-table><summary>All probes shown of this run as a table</summary><div></div></details>
</div>
<noscript><p>Browsing the probes needs JavaScript; their numbers are in each run's metrics.csv.</p></noscript>
${jsonBlock(
  id,
  runs.map(({ label, rows }) => ({ label, rows })),
)}`;
}

/** Browsers of the probes of each setting's GeN runs, within the page's allowance. */
export function probeSections(settings: readonly Setting[]): Markup[] {
  let allowance = MAX_RUNS;
  return settings.map(({ methods, title }, index) => {
    const all = genRuns(methods);
    const runs: ProbedRun[] = [];
    for (const { label, run } of all.slice(0, allowance)) {
      const probes = runProbes(run);
      if (probes) runs.push({ label, run, ...probes });
    }
    const cut = all.length - Math.min(all.length, allowance);
    allowance -= runs.length;
    if (runs.length === 0) return html``;
    return html`<h3>GeN's probes</h3>
<p>Each probe measures the loss at w, and one step η back and forth along the update direction g; the parabola through
the three has its minimum at η*. Left of 0 the weights move against the update.</p>
${countTable(runs, title)}
${cut > 0 && html`<p>${cut} more GeN runs are not shown here, to keep the page small.</p>`}
${browser(`probes-${index}`, runs)}`;
  });
}
