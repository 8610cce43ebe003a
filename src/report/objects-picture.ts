/** An image with the boxes, masks, classes and scores of what was found in it. */
import type { FoundObject, Picture } from '../run/predict.js';
import { escapeXml } from './picture.js';
import { FONT_FAMILY, PAPER } from './theme.js';

/** After Okabe and Ito; neighbours in the list differ most. */
const COLORS = ['#E69F00', '#56B4E9', '#009E73', '#F0E442', '#0072B2', '#D55E00', '#CC79A7'];
const MASK_OPACITY = 0.45;
/** Longer side of the picture is at least this, in units of the SVG. */
const LEAST_SIDE = 480;
const FONT_SIZE = 12;
const LABEL_HEIGHT = 16;
/** Width of a character against the font's size, estimated. */
const CHARACTER_WIDTH = 0.58;

/**
 * A standalone SVG; later objects lie below earlier (better) ones.
 *
 * @param encode pixels [height, width, channels] as PNG
 */
export async function objectsSvg(
  picture: Picture,
  objects: readonly FoundObject[],
  encode: (pixels: Uint8Array, height: number, width: number, channels: 3 | 4) => Promise<Buffer>,
): Promise<string> {
  const { height, width } = picture;
  const scale = Math.max(1, LEAST_SIDE / Math.max(height, width));
  const image = async (pixels: Uint8Array, channels: 3 | 4) => {
    const png = await encode(pixels, height, width, channels);
    return `<image width="${width}" height="${height}" transform="scale(${scale})" href="data:image/png;base64,${png.toString('base64')}"/>`;
  };
  const [fullWidth, fullHeight] = [width * scale, height * scale];
  const backToFront = objects.map((object, i) => ({ object, color: COLORS[i % COLORS.length]! })).reverse();
  const boxes = backToFront.map(({ object, color }) => boxSvg(object, color, scale, fullWidth));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}" role="img" font-family="${escapeXml(FONT_FAMILY)}" font-size="${FONT_SIZE}">`,
    `<title>${escapeXml(objects.map(describe).join('; ') || 'nothing found')}</title>`,
    await image(picture.pixels, 3),
    await image(overlay(picture, backToFront), 4),
    ...boxes,
    '</svg>\n',
  ].join('\n');
}

const describe = ({ name, score }: FoundObject) => `${name} ${score.toFixed(2)}`;

/** Masks in their objects' colours, [height, width, 4]. */
function overlay(
  { height, width }: Picture,
  objects: readonly { readonly object: FoundObject; readonly color: string }[],
): Uint8Array {
  const pixels = new Uint8Array(height * width * 4);
  for (const { object, color } of objects) {
    const rgba = [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
    rgba.push(Math.round(255 * MASK_OPACITY));
    object.mask.forEach((inside, i) => {
      if (inside) pixels.set(rgba, 4 * i);
    });
  }
  return pixels;
}

function boxSvg(object: FoundObject, color: string, scale: number, fullWidth: number): string {
  const [left, top, right, bottom] = object.box.map((edge) => edge * scale) as [
    number,
    number,
    number,
    number,
  ];
  const label = describe(object);
  const labelWidth = label.length * CHARACTER_WIDTH * FONT_SIZE + 8;
  const x = Math.max(Math.min(left, fullWidth - labelWidth), 0);
  const y = top >= LABEL_HEIGHT ? top - LABEL_HEIGHT : top; // above the box where there is room
  return [
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="${color}" stroke-width="2"/>`,
    `<rect x="${x}" y="${y}" width="${labelWidth}" height="${LABEL_HEIGHT}" fill="#000000" fill-opacity="0.7"/>`,
    `<text x="${x + 4}" y="${y + 12}" fill="${PAPER}">${escapeXml(label)}</text>`,
  ].join('');
}
