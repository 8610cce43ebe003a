import { existsSync } from 'node:fs';
import { MissingError } from '../../errors.js';
import { damaged } from '../../formats/files.js';
import { isPpm, parsePpm } from '../../formats/ppm.js';
import { createResizer } from '../resize.js';
import { commonJpegSize, decodeJpeg } from './jpeg.js';

/** What sharp is called for; loaded once, and in the main thread before any worker does. */
type Sharp = typeof import('sharp')['default'];
let loaded: Promise<Sharp> | undefined;

/** @throws MissingError where the package's library for this platform is not installed */
export function loadSharp(): Promise<Sharp> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    // Images are decoded in parallel, each by one thread, and never twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loaded.catch((error: Error) => {
    throw new MissingError(
      `sharp, which decodes images, cannot be loaded: ${error.message.split('\n')[0]}. Run 'npm install'.`,
    );
  });
}

/**
 * An encoded image (JPEG, PNG, WebP, PPM, …) as [side, side, 3] bytes: transparency dropped, colour profiles and
 * orientation ignored, resized straight to the square, as torchvision's ImageFolder and `Resize` do it. Common JPEGs that
 * shrink go the fast way of `jpeg.ts`. By sharp, JPEGs decode to Pillow's very bytes; a side that shrinks is resized by
 * libvips with the same triangle filter, up to a factor of about 2.5 within one grey level of Pillow (more in the
 * outermost rows and columns); a side that grows, as by Pillow.
 *
 * @param encoded the bytes, or the path of the file, which is faster where sharp reads it
 * @param where names the image in messages
 * @param fit crop: the shorter side becomes `side` and the middle of the longer one is kept, as torchvision's `Resize` and
 *   `CenterCrop`
 * @throws MissingError where the bytes are no whole image
 */
export async function decodeImage(
  encoded: Uint8Array | string,
  where: string,
  side: number,
  fit: 'stretch' | 'crop' = 'stretch',
): Promise<Uint8Array> {
  if (typeof encoded !== 'string' && isPpm(encoded)) {
    const { width, height, pixels } = parsePpm(encoded, where);
    return resized(pixels, width, height, side);
  }
  const jpeg = typeof encoded === 'string' ? undefined : commonJpegSize(encoded);
  if (jpeg && Math.min(jpeg.width, jpeg.height) >= side) {
    const { left, top, ...size } =
      fit === 'crop' ? croppedSize(jpeg, side) : { left: 0, top: 0, width: side, height: side };
    const pixels = await decodeJpeg(encoded as Uint8Array, size, { left, top, side });
    if (pixels) return pixels;
  }
  const sharp = await loadSharp();
  let decoded: { data: Buffer; info: { width: number; height: number } };
  try {
    const image = sharp(encoded, { ignoreIcc: true, failOn: 'error' }).toColourspace('srgb').removeAlpha();
    const resize = { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false } as const;
    if (fit === 'crop') {
      const { left, top, width, height } = croppedSize(await image.metadata(), side);
      image.resize(width, height, resize).extract({ left, top, width: side, height: side });
    } else {
      image.resize(side, side, { ...resize, withoutEnlargement: true });
    }
    decoded = await image.raw().toBuffer({ resolveWithObject: true });
  } catch (error) {
    if (typeof encoded === 'string' && !existsSync(encoded)) throw new MissingError(`${where}: no such file`);
    throw damaged(where, `cannot be decoded as an image: ${(error as Error).message}`);
  }
  return resized(decoded.data, decoded.info.width, decoded.info.height, side);
}

/** Size with the shorter side `side`, and where its middle begins. */
function croppedSize({ width, height }: { readonly width: number; readonly height: number }, side: number) {
  const shorter = Math.min(width, height);
  const newWidth = Math.trunc((side * width) / shorter);
  const newHeight = Math.trunc((side * height) / shorter);
  return {
    ...{ width: newWidth, height: newHeight },
    left: Math.round((newWidth - side) / 2),
    top: Math.round((newHeight - side) / 2),
  };
}

function resized(pixels: Uint8Array, width: number, height: number, side: number): Uint8Array {
  if (width === side && height === side) return pixels;
  const target = new Uint8Array(side * side * 3);
  createResizer([height, width, 3], [side, side])(pixels, 0, target, 0);
  return target;
}
