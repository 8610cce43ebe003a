import { machine, program, readProvenances } from '../provenance-notes.js';
import { html, type Markup } from './markup.js';
import { dataTable } from './table.js';

/** Commands listed. */
const MAX_COMMANDS = 100;

function group<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}

/** Which program, machine and data made the runs, a column for each combination. */
export function provenanceSection(dirs: readonly string[]): Markup {
  const found = readProvenances(dirs);
  const without = dirs.length - found.length;
  const facts = found.map((one) => ({
    command: one.command,
    rows: [
      ['gen-bench', program(one)],
      ['commit', one.gitCommit ?? 'unknown'],
      ['Node', one.node],
      ['machine', machine(one)],
      ['precision', one.precision],
      ['departs from the full protocol', one.fidelity.join('; ') || 'no'],
      ...Object.entries(one.checksums)
        .sort()
        .map(([name, sha256]) => [`sha256 of ${name}`, sha256]),
    ] as [string, string][],
  }));
  const groups = group(facts, ({ rows }) => JSON.stringify(rows));
  const names = [...new Set(groups.flatMap(([first]) => first?.rows.map(([name]) => name) ?? []))];
  const columns = [
    { head: 'fact' },
    ...groups.map(({ length }) => ({ head: `${length} run${length === 1 ? '' : 's'}` })),
  ];
  const rows = names.map((name) => [
    name,
    ...groups.map(([first]) => first?.rows.find(([other]) => other === name)?.[1] ?? '–'),
  ]);
  const commands = [...new Set(found.map(({ command }) => command))];
  return html`<section aria-labelledby="provenance"><h2 id="provenance">Provenance</h2>
${rows.length > 0 && dataTable('Program, machine and data of the runs', columns, rows)}
${without > 0 && html`<p>${without} of ${dirs.length} runs have no provenance.json.</p>`}
${
  commands.length > 0 &&
  html`<details><summary>Commands</summary>
<ul>${commands.slice(0, MAX_COMMANDS).map((command) => html`<li><code>${command}</code></li>`)}</ul>
${commands.length > MAX_COMMANDS && html`<p>and ${commands.length - MAX_COMMANDS} more</p>`}</details>`
}</section>`;
}
