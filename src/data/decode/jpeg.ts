import type { Transformer } from '@napi-rs/image';

/*
 * The fast way for common JPEGs that shrink: decoding and resizing by @napi-rs/image take half the time of sharp's. Its
 * resizing is Pillow's to within one grey level, borders included; its decoder's colours are off by a few grey levels
 * in places (its upsampling of chroma is not libjpeg's).
 */

type Decoder = new (encoded: Uint8Array) => Transformer;
let loaded: Promise<Decoder | undefined> | undefined;

/** Undefined where the package has no library for this platform: sharp decodes as well. */
export function loadJpegDecoder(): Promise<Decoder | undefined> {
  loaded ??= import('@napi-rs/image').then(
    (module) => module.Transformer,
    () => undefined,
  );
  return loaded;
}

/** The package's own names for these are TypeScript's alone. */
const BILINEAR = 1;
const FILL = 1;

/**
 * The JPEG resized to the height and width, and the `side` × `side` pixels of it from `top` and `left`:
 * [side, side, 3]. Undefined where it cannot be decoded.
 */
export async function decodeJpeg(
  encoded: Uint8Array,
  size: { readonly width: number; readonly height: number },
  { left, top, side }: { readonly left: number; readonly top: number; readonly side: number },
): Promise<Uint8Array | undefined> {
  const Decoder = await loadJpegDecoder();
  if (!Decoder) return undefined;
  let rgba: Uint8Array;
  try {
    rgba = await new Decoder(encoded).fastResize({ ...size, filter: BILINEAR, fit: FILL }).rawPixels();
  } catch {
    return undefined;
  }
  if (rgba.length !== size.width * size.height * 4) return undefined;
  const pixels = new Uint8Array(side * side * 3);
  let to = 0;
  for (let y = 0; y < side; y++) {
    let from = ((top + y) * size.width + left) * 4;
    for (let x = 0; x < side; x++, from += 4, to += 3) {
      pixels[to] = rgba[from]!;
      pixels[to + 1] = rgba[from + 1]!;
      pixels[to + 2] = rgba[from + 2]!;
    }
  }
  return pixels;
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const ADOBE = 0xee;
/** Frames of baseline, extended and progressive Huffman coding. */
const FRAMES = [0xc0, 0xc1, 0xc2];

/**
 * Width and height of a common JPEG: eight bits, luma and two chroma components, whole up to its end. Undefined for any
 * other file, which is left to sharp.
 */
export function commonJpegSize(
  bytes: Uint8Array,
): { readonly width: number; readonly height: number } | undefined {
  const isWhole = bytes.at(-2) === MARKER && bytes.at(-1) === END_OF_IMAGE;
  if (!isWhole || bytes[0] !== MARKER || bytes[1] !== 0xd8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 10 < bytes.length && bytes[at] === MARKER; at += 2 + view.getUint16(at + 2)) {
    const marker = bytes[at + 1]!;
    // Adobe's segment says that the components may be no luma and chroma.
    if (marker === START_OF_SCAN || marker === ADOBE) return undefined;
    if (FRAMES.includes(marker)) {
      const isCommon = bytes[at + 4] === 8 && bytes[at + 9] === 3;
      return isCommon ? { height: view.getUint16(at + 5), width: view.getUint16(at + 7) } : undefined;
    }
  }
  return undefined;
}
