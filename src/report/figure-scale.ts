import * as Plot from '@observablehq/plot';
import { pictureSvg, writePicture } from './picture.js';
import type { ScaleTable } from './scale.js';
import { INK, type LineStyle } from './theme.js';

const colors = ['#767676', '#D55E00', '#0072B2', '#009E73'];

/**
 * Draws the cost model: a line a prediction over Φ, dots where it was measured.
 *
 * @throws UsageError for an ending other than .svg and .png
 */
export function scaleFigure(table: ScaleTable, out: string): void {
  const { phis, predictions, measured, notes } = table;
  const styles = predictions.map(
    (_, i): LineStyle => ({ color: colors[i % colors.length] ?? INK, dash: i === 0 ? '5 3' : '', width: 2 }),
  );
  const lines = predictions.map(({ speeds }, i) =>
    Plot.line(
      phis.map((phi, k) => ({ phi, speed: 100 * (speeds[k] ?? Number.NaN) })),
      {
        ...{ x: 'phi', y: 'speed', stroke: styles[i]?.color, strokeWidth: styles[i]?.width },
        strokeDasharray: styles[i]?.dash,
      },
    ),
  );
  const points = phis.flatMap((phi, i) => {
    const speed = measured[i];
    return speed === undefined ? [] : [{ phi, speed: 100 * speed }];
  });
  const options = {
    ...{ marginLeft: 46, marginRight: 14, marginTop: 10, marginBottom: 38 },
    x: {
      ...{ type: 'log', base: 2, label: 'Φ (steps from probe to probe)', labelAnchor: 'center' },
      ...{ labelArrow: 'none', ticks: [...phis], tickFormat: String, tickSize: 4 },
    },
    y: {
      ...{ label: 'relative speed (%)', labelArrow: 'none', labelAnchor: 'center', domain: [0, 100] },
      ...{ grid: true, ticks: 5, tickSize: 4 },
    },
    marks: [...lines, Plot.dot(points, { x: 'phi', y: 'speed', fill: INK, r: 4 })],
  } as Plot.PlotOptions;
  const legend = predictions.map(({ label }, i) => ({ label, style: styles[i] as LineStyle }));
  const caption = [...(points.length > 0 ? ['Dots: measured on one device.'] : []), ...notes];
  writePicture(
    out,
    pictureSvg(
      [
        {
          title: table.title.split(':')[0] ?? '',
          subtitle: 'relative speed of GeN by the cost model',
          legend,
          panels: [{ title: '(F + B + C) / (F + B + C + n/Φ · (F + C_f))', options }],
          caption,
          panelHeight: 300,
        },
      ],
      'Relative speed of GeN over Φ by the cost model',
    ),
  );
}
