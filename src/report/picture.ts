import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import * as Plot from '@observablehq/plot';
import { Resvg } from '@resvg/resvg-js';
import { parseHTML } from 'linkedom';
import { UsageError } from '../errors.js';
import { darkModeCss, FONT_FAMILY, INK, type LineStyle, PAPER } from './theme.js';

const FONT_SIZE = 12;
/** Estimated mean width of a character, for laying out legends without a font at hand. */
const CHARACTER_WIDTH = 0.56;
const PNG_SCALE = 2;

/** A plot with its title. */
export interface Panel {
  readonly title: string;
  readonly options: Plot.PlotOptions;
}

export interface LegendItem {
  readonly label: string;
  readonly style: LineStyle;
}

/** One row of panels under a title and a legend. */
export interface Block {
  readonly title: string;
  readonly subtitle: string;
  readonly legend: readonly LegendItem[];
  readonly panels: readonly Panel[];
  /** Small print below the panels, a line each. */
  readonly caption: readonly string[];
  readonly panelHeight?: number;
}

const MARGIN = 20;
const GAP = 24;
const PANEL_WIDTH = 340;
const PANEL_HEIGHT = 270;
const LINE = 18;
const SWATCH = 26;

export const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly opacity?: number;
}

function text(
  x: number,
  y: number,
  content: string,
  { size = FONT_SIZE, weight = 400, opacity = 1 }: TextStyle = {},
) {
  const look = `font-size="${size}" font-weight="${weight}" fill="currentColor" fill-opacity="${opacity}"`;
  return `<text x="${x}" y="${y}" ${look}>${escapeXml(content)}</text>`;
}

/** A plot as an `<svg>` element with the given attributes, at the size of its `viewBox`. */
function plotSvg(
  options: Plot.PlotOptions,
  [width, height]: readonly [number, number],
  attributes: Readonly<Record<string, string | number>>,
): string {
  const { document } = parseHTML('<html><body></body></html>');
  const element = Plot.plot({ ...options, document, width, height } as Plot.PlotOptions);
  element.querySelector('style')?.remove(); // meant for pages with Plot's own; everything needed is in attributes
  for (const name of ['width', 'height']) element.removeAttribute(name);
  // names of marks, which nobody reads inside a picture and which groups must not have
  for (const group of element.querySelectorAll('[aria-label]')) group.removeAttribute('aria-label');
  for (const [name, value] of Object.entries({ ...attributes, 'font-size': FONT_SIZE - 1 })) {
    element.setAttribute(name, String(value));
  }
  for (const name of ['class', 'fill', 'font-family', 'text-anchor']) element.removeAttribute(name);
  element.setAttribute('fill', 'currentColor');
  element.setAttribute('text-anchor', 'middle');
  // a tenth of a pixel is enough, and halves the file
  return element.outerHTML.replace(/ d="[^"]*"/g, (path: string) =>
    path.replace(/\d+\.\d{2,}/g, (n) => String(+(+n).toFixed(1))),
  );
}

/** Wraps words to lines of at most `width` pixels, as far as can be told without measuring. */
function wrap(content: string, width: number, size: number): string[] {
  const limit = Math.floor(width / (CHARACTER_WIDTH * size));
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= limit)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function legendSvg(
  items: readonly LegendItem[],
  top: number,
  width: number,
): { svg: string; height: number } {
  let x = MARGIN;
  let y = top;
  const parts = items.map(({ label, style }) => {
    const itemWidth = SWATCH + 6 + label.length * CHARACTER_WIDTH * FONT_SIZE + 18;
    if (x > MARGIN && x + itemWidth > width - MARGIN) {
      x = MARGIN;
      y += LINE;
    }
    const dash = style.dash && ` stroke-dasharray="${style.dash}"`;
    const swatch = `<line x1="${x}" x2="${x + SWATCH}" y1="${y - 4}" y2="${y - 4}" stroke="${style.color}" stroke-width="${style.width}"${dash}/>`;
    const label_ = text(x + SWATCH + 6, y, label);
    x += itemWidth;
    return swatch + label_;
  });
  return { svg: parts.join(''), height: y - top + LINE };
}

function blockSvg(block: Block, top: number, width: number): { svg: string; height: number } {
  const parts: string[] = [];
  let y = top + 18;
  parts.push(text(MARGIN, y, block.title, { size: 16, weight: 600 }));
  y += LINE + 2;
  parts.push(text(MARGIN, y, block.subtitle, { opacity: 0.7 }));
  y += LINE + 8;
  const legend = legendSvg(block.legend, y, width);
  parts.push(legend.svg);
  y += legend.height + 4;
  const panelWidth = (width - 2 * MARGIN - (block.panels.length - 1) * GAP) / block.panels.length;
  const panelHeight = block.panelHeight ?? PANEL_HEIGHT;
  block.panels.forEach((panel, i) => {
    const x = MARGIN + i * (panelWidth + GAP);
    parts.push(text(x, y + 10, panel.title, { size: 13, weight: 600 }));
    const frame = { x, y: y + 16, width: panelWidth, height: panelHeight };
    parts.push(plotSvg(panel.options, [panelWidth, panelHeight], frame));
  });
  y += panelHeight + 16 + LINE;
  for (const line of block.caption.flatMap((note) => wrap(note, width - 2 * MARGIN, 11))) {
    parts.push(text(MARGIN, y, line, { size: 11, opacity: 0.7 }));
    y += 15;
  }
  return { svg: parts.join('\n'), height: y - top };
}

/** A panel as an `<svg>` for a web page, as wide as its place there. */
export function panelSvg(panel: Panel, description: string): string {
  return plotSvg(panel.options, [PANEL_WIDTH, PANEL_HEIGHT], { role: 'img', 'aria-label': description });
}

/** A standalone SVG of one or more blocks, below each other. */
export function pictureSvg(blocks: readonly Block[], description: string): string {
  const columns = Math.max(...blocks.map(({ panels }) => panels.length));
  const width = 2 * MARGIN + columns * PANEL_WIDTH + (columns - 1) * GAP;
  let y = 12;
  const parts = blocks.map((block) => {
    const { svg, height } = blockSvg(block, y, width);
    y += height + 16;
    return svg;
  });
  const height = Math.ceil(y);
  const font = `font-family="${escapeXml(FONT_FAMILY)}" font-size="${FONT_SIZE}" color="${INK}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${font}>`,
    `<title>${escapeXml(description)}</title>`,
    `<style>${darkModeCss()}</style>`,
    `<rect class="paper" width="${width}" height="${height}" fill="${PAPER}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const require = createRequire(import.meta.url);
const fontFiles = [
  require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
];

/**
 * Writes a picture; the ending of `path` says in which format.
 *
 * @throws UsageError for an ending other than .svg and .png.
 */
export function writePicture(path: string, svg: string): void {
  switch (extname(path).toLowerCase()) {
    case '.svg':
      writeFileSync(path, svg);
      return;
    case '.png':
      // only the font that comes along: the same picture on every machine
      writeFileSync(
        path,
        new Resvg(svg, {
          font: { loadSystemFonts: false, fontFiles, defaultFontFamily: 'Inter' },
          fitTo: { mode: 'zoom', value: PNG_SCALE },
        })
          .render()
          .asPng(),
      );
      return;
    default:
      throw new UsageError(`${path}: expected a file name that ends in .svg or .png`);
  }
}
