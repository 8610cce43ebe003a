import { basename, resolve } from 'node:path';
import { aggregate, type Setting } from '../aggregate.js';
import { compareSetting } from '../compare.js';
import { findRuns } from '../runs.js';
import { comparisonSection } from './comparison-section.js';
import { configSection } from './config-section.js';
import { costSection } from './cost-section.js';
import { curveSection } from './curve-section.js';
import { html, type Markup } from './markup.js';
import { page } from './page.js';
import { probeSections } from './probe-section.js';
import { provenanceSection } from './provenance-section.js';
import { runSection } from './run-section.js';

/** Settings (tables) whose curves a page has; with more of them it would be too large to open. */
const MAX_DRAWN_SETTINGS = 12;

function counts(settings: readonly Setting[]): Markup {
  const methods = settings.flatMap((setting) => setting.methods);
  const leftOut = methods.flatMap((method) => method.leftOut);
  const of = (kind: string) => leftOut.filter((out) => out.kind === kind).length;
  const sum = (value: (method: (typeof methods)[number]) => number) =>
    methods.reduce((total, method) => total + value(method), 0);
  const entries: [string, number][] = [
    ['methods', methods.length],
    ['completed runs', sum(({ completed }) => completed.length)],
    ['diverged', of('diverged')],
    ['unfinished', of('unfinished')],
    ['duplicates', of('duplicate')],
    ['missing', sum(({ missingSeeds }) => missingSeeds.length)],
  ];
  return html`<ul class="counts" aria-label="Runs in this report">${entries
    .filter(([name, count], i) => i < 3 || name === 'missing' || count > 0)
    .map(([name, count]) => html`<li><strong>${count}</strong> ${name}</li>`)}</ul>`;
}

function settingSection(setting: Setting, index: number, probes: Markup | undefined): Markup {
  const id = `setting-${index}`;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${setting.title}</h2>
${comparisonSection(compareSetting(setting))}
${index < MAX_DRAWN_SETTINGS ? curveSection(setting) : html`<p>No curves: only the first ${MAX_DRAWN_SETTINGS} settings have them.</p>`}
${probes}
${costSection(setting)}
${configSection(setting)}
${runSection(setting)}
</section>
`;
}

/**
 * The runs found under `paths` as one HTML page that needs nothing else: no network, no files beside it.
 *
 * @param writtenAt shown at the page's end
 * @throws MissingError when there are no runs
 */
export function reportHtml(paths: readonly string[], writtenAt: Date): string {
  const runs = findRuns(paths);
  const settings = aggregate(runs);
  const probes = probeSections(settings);
  const name = paths.map((path) => basename(resolve(path))).join(', ');
  return page(`gen-bench report: ${name}`, {
    header: counts(settings),
    sections: [
      ...settings.map(({ title }, i) => ({ id: `setting-${i}`, title })),
      { id: 'provenance', title: 'Provenance' },
    ],
    main: html`${settings.map((setting, i) => settingSection(setting, i, probes[i]))}
${provenanceSection(runs.map(({ dir }) => dir))}`,
    footer: html`<p>Written by gen-bench report, ${writtenAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, from ${paths.join(', ')}.</p>`,
  });
}
