import type { Setting } from '../aggregate.js';
import type { ComparisonBlock, CurvePanel } from '../curve-panels.js';
import type { CurvePoint } from '../curves.js';
import { comparisonBlock } from '../figure-comparison.js';
import { type LegendItem, panelSvg } from '../picture.js';
import { html, Markup } from './markup.js';
import { dataTable } from './table.js';

/** More lines than this nobody tells apart, and they make the file large. */
const MAX_METHODS = 24;
/** Rows of the table that says in numbers what a figure shows. */
const TABLE_ROWS = 11;

/** The point at `step`, or the last before it. */
function pointAt(band: readonly CurvePoint[], step: number): CurvePoint | undefined {
  let found: CurvePoint | undefined;
  for (const point of band) {
    if (point.step > step) break;
    found = point;
  }
  return found;
}

const short = (value: number) => String(Number(value.toPrecision(4))).replace('-', '−');

function cell(band: readonly CurvePoint[], step: number): string {
  const point = pointAt(band, step);
  if (!point) return '–';
  return point.low === point.high
    ? short(point.mean)
    : `${short(point.mean)} (${short(point.low)} to ${short(point.high)})`;
}

/** Evenly spaced among the steps that the drawn lines have. */
function sampledSteps({ curves }: CurvePanel): number[] {
  const steps = [...new Set(curves.flatMap(({ band }) => band.map(({ step }) => step)))].sort(
    (a, b) => a - b,
  );
  const count = Math.min(TABLE_ROWS, steps.length);
  const indices = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (steps.length - 1)) / (count - 1)),
  );
  return indices.map((index) => steps[index] as number);
}

function panelFigure(panel: CurvePanel, title: string): Markup {
  const labels = panel.curves.map(({ method }) => method.fullLabel);
  const description = `${panel.title} over training steps, ${title}: ${labels.join(', ')}. Numbers in the table below.`;
  const drawn = panel.curves.filter(({ band }) => band.length > 0);
  const rows = sampledSteps(panel).map((step) => [
    String(step),
    ...drawn.map(({ band }) => cell(band, step)),
  ]);
  const columns = [
    { head: 'step' },
    ...drawn.map(({ method }) => ({ head: method.fullLabel, align: 'right' as const })),
  ];
  return html`<figure>
<figcaption>${panel.title}</figcaption>
${new Markup(panelSvg(panel, description))}
${
  rows.length > 0 &&
  html`<details><summary>${panel.title} as a table</summary>
${dataTable(`${panel.title}: mean (least to greatest seed)`, columns, rows)}</details>`
}
</figure>
`;
}

function legendItem({ label, style }: LegendItem): Markup {
  const dash = style.dash ? ` stroke-dasharray="${style.dash}"` : '';
  const line = `<line x1="0" x2="26" y1="6" y2="6" stroke="${style.color}" stroke-width="${style.width}"${dash}/>`;
  return html`<li>${new Markup(`<svg width="26" height="12" aria-hidden="true">${line}</svg>`)} ${label}</li>`;
}

function figures(block: ComparisonBlock): Markup {
  return html`<ul class="legend" aria-label="Lines of the figures">${block.legend.map(legendItem)}</ul>
<div class="figures">${block.panels.map((panel) => panelFigure(panel, block.title))}</div>
<p class="small">${block.caption.join(' ')} At most 500 points of a line are drawn; the CSV files have all.</p>`;
}

/** Loss, effective learning rate and test metric over the steps. */
export function curveSection(setting: Setting): Markup {
  const { methods } = setting;
  const shown = methods.slice(0, MAX_METHODS);
  const cut = methods.length - shown.length;
  return html`<h3>Curves</h3>
${cut > 0 && html`<p>The first ${shown.length} of ${methods.length} methods are drawn.</p>`}
${figures(comparisonBlock({ ...setting, methods: shown }))}`;
}
