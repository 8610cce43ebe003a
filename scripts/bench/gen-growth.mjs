// Draws what a probe costs over model size, batch and Φ, from the rows of gen.mjs.
import * as Plot from '@observablehq/plot';
import { load } from './subject.mjs';

const COLORS = { 'three-point': '#D55E00', 'one-sided': '#0072B2' };
const INTERVALS = [1, 2, 4, 8, 16, 32];

/** An SVG: one panel an axis, one line a way to probe. */
export async function drawGrowth(rows, machine) {
  const { pictureSvg } = await load('report/picture.js');
  const of = (axis) => rows.filter((row) => row.axis === axis);
  const resnet50 = of('batch').filter(({ batch }) => batch === 8);
  // between probes a GeN step is a base step
  const overPhi = resnet50.flatMap((row) =>
    INTERVALS.map((phi) => ({
      ...row,
      phi,
      relative_speed: (phi * row.base_ms) / (row.gen_ms + (phi - 1) * row.base_ms),
    })),
  );
  return pictureSvg(
    [
      {
        title: 'What GeN costs beside its base optimizer',
        subtitle: 'relative speed: time of base steps / time of GeN steps; ResNets at 224 px, SGD momentum',
        legend: Object.entries(COLORS).map(([label, color]) => ({
          label,
          style: { color, dash: '', width: 2 },
        })),
        panels: [
          panel('ResNet-18 to 152, batch 8, Φ = 1', of('model'), 'parameters', 'trainable parameters'),
          panel('batch, ResNet-50, Φ = 1', of('batch'), 'batch', 'examples of a batch'),
          panel('Φ, ResNet-50, batch 8', overPhi, 'phi', 'steps between probes, Φ'),
        ],
        caption: [
          `Medians and ranges of the pairs; ${machine}.`,
          'Right: computed from the step times at Φ = 1, as a step without a probe is the base step.',
        ],
      },
    ],
    "GeN's relative speed over model size, batch and probe interval",
  );
}

function panel(title, rows, x, label) {
  const marks = Object.entries(COLORS).flatMap(([method, color]) => {
    const points = rows.filter((row) => row.method === method).sort((a, b) => a[x] - b[x]);
    const ranges =
      x === 'phi' ? [] : [Plot.ruleX(points, { x, y1: 'speed_low', y2: 'speed_high', stroke: color })];
    return [
      ...ranges,
      Plot.line(points, { x, y: 'relative_speed', stroke: color, strokeWidth: 2 }),
      Plot.dot(points, { x, y: 'relative_speed', fill: color, r: 3 }),
    ];
  });
  const ticks = [...new Set(rows.map((row) => row[x]))].sort((a, b) => a - b);
  const tickFormat = (value) => (x === 'parameters' ? `${(value / 1e6).toFixed(0)} M` : String(value));
  return {
    title,
    options: {
      x: { type: 'log', label, ticks, tickFormat },
      y: { domain: [0, 1], label: 'relative speed', grid: true },
      marks,
    },
  };
}
