import type { Method, Setting } from '../aggregate.js';
import { formatMean, integerStyle, secondsStyle } from '../format.js';
import { type Statistic, statistic } from '../statistics.js';
import { html, Markup } from './markup.js';
import { dataTable } from './table.js';

const parts = ['training', 'probes', 'data', 'evaluation', 'other'] as const;
type Part = (typeof parts)[number];

interface Cost {
  readonly method: Method;
  /** Mean seconds over the completed seeds. */
  readonly seconds: Readonly<Record<Part, Statistic | undefined>>;
  readonly wallS: number;
  readonly forwardPasses: Statistic | undefined;
  readonly backwardPasses: Statistic | undefined;
}

function costOf(method: Method): Cost {
  const over = (value: (summary: Method['completed'][number]['summary']) => number) =>
    statistic(method.completed.map(({ summary }) => value(summary)));
  return {
    method,
    seconds: {
      training: over(({ time }) => time.trainMs / 1000),
      probes: over(({ time }) => time.probeMs / 1000),
      data: over(({ time }) => time.dataMs / 1000),
      evaluation: over(({ time }) => time.evalMs / 1000),
      other: over(
        ({ time }) =>
          Math.max(0, time.wallMs - time.trainMs - time.probeMs - time.dataMs - time.evalMs) / 1000,
      ),
    },
    wallS: over(({ time }) => time.wallMs / 1000)?.mean ?? 0,
    forwardPasses: over(({ forwardPasses }) => forwardPasses),
    backwardPasses: over(({ backwardPasses }) => backwardPasses),
  };
}

const BAR_WIDTH = 200;
const BAR_HEIGHT = 14;

/** The row's numbers as a bar; for the eyes only. */
function bar({ seconds }: Cost, longestS: number): Markup {
  let x = 0;
  const segments = parts.map((part) => {
    const width = ((seconds[part]?.mean ?? 0) / longestS) * BAR_WIDTH;
    const rect = `<rect class="cost-${part}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}"/>`;
    x += width;
    return rect;
  });
  return new Markup(
    `<svg class="bar" width="${BAR_WIDTH}" height="${BAR_HEIGHT}" aria-hidden="true">${segments.join('')}</svg>`,
  );
}

const key = (part: Part) =>
  html`<span class="key">${new Markup(`<svg width="10" height="10" aria-hidden="true"><rect class="cost-${part}" width="10" height="10"/></svg>`)} ${part} s</span>`;

/** Where the time went, and the passes: means over the completed seeds. */
export function costSection({ methods, title }: Setting): Markup {
  const costs = methods.filter(({ completed }) => completed.length > 0).map(costOf);
  if (costs.length === 0) return html``;
  const longestS = Math.max(...costs.map(({ wallS }) => wallS), Number.MIN_VALUE);
  const number = { align: 'right' as const };
  const columns = [
    { head: 'method' },
    { head: 'share' },
    ...parts.map((part) => ({ head: key(part), ...number })),
    { head: 'wall s', ...number },
    { head: 'forward passes', ...number },
    { head: 'backward passes', ...number },
  ];
  const rows = costs.map((cost) => [
    cost.method.fullLabel,
    bar(cost, longestS),
    ...parts.map((part) => formatMean(cost.seconds[part], secondsStyle)),
    cost.wallS.toFixed(1),
    formatMean(cost.forwardPasses, integerStyle),
    formatMean(cost.backwardPasses, integerStyle),
  ]);
  return html`<h3>Cost</h3>
${dataTable(`Where the time went: ${title}, mean over the completed seeds`, columns, rows)}
<p class="small">other: set-up, checkpoints and what else is no step and no evaluation. Passes are over one batch, probes
included, evaluations not.</p>`;
}
