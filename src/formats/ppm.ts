/** Reader of binary colour pixmaps (netpbm "P6", https://netpbm.sourceforge.net/doc/ppm.html), 8 bits a colour. */
import { damaged } from './files.js';

const MAX_DIGITS = 9;

export interface Pixmap {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly pixels: Uint8Array;
}

export function isPpm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x36;
}

/** @throws MissingError that names `path` */
export function parsePpm(bytes: Uint8Array, path: string): Pixmap {
  if (!isPpm(bytes)) throw damaged(path, 'does not begin with P6');
  const numbers: number[] = [];
  let at = 2;
  while (numbers.length < 3) {
    at = skipSpace(bytes, at);
    const start = at;
    while (isDigit(bytes[at])) at++;
    if (at === start || at - start > MAX_DIGITS) {
      throw damaged(path, `has no number at byte ${start} of its PPM header`);
    }
    numbers.push(Number(String.fromCharCode(...bytes.subarray(start, at))));
  }
  at++; // one white space ends the header
  const [width = 0, height = 0, maximum = 0] = numbers;
  if (maximum !== 255) throw damaged(path, `has colours up to ${maximum}, expected 255`);
  const length = width * height * 3;
  if (length === 0 || bytes.length - at < length) {
    throw damaged(
      path,
      `has ${Math.max(0, bytes.length - at)} bytes of pixels, its header announces ${width} × ${height} × 3`,
    );
  }
  return { width, height, pixels: bytes.subarray(at, at + length) };
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isSpace = (byte: number | undefined) =>
  byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);

/** White space and comments from `#` to the end of the line. */
function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at]) || bytes[at] === 0x23) {
    if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
    else at++;
  }
  return at;
}
