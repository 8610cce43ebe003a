/** Where the members of an uncompressed tar archive are, so that each can be read by itself. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { damaged } from './files.js';

const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  /** Byte where the content begins. */
  readonly start: number;
  readonly length: number;
}

/**
 * The regular files of an archive (ustar, GNU long names, pax), in its order. Only headers are read, synchronously:
 * waiting for a million small reads one by one would take far longer.
 *
 * @throws MissingError where the archive is compressed, damaged or truncated
 */
export function* tarEntries(path: string): Generator<TarEntry> {
  const file = openSync(path, 'r');
  try {
    yield* entriesOf(file, fstatSync(file).size, path);
  } finally {
    closeSync(file);
  }
}

function* entriesOf(file: number, size: number, path: string): Generator<TarEntry> {
  const header = Buffer.alloc(BLOCK);
  /** What a long-name or pax member says of the next one. */
  let next: { name?: string; length?: number } = {};
  for (let at = 0; ; ) {
    if (at + BLOCK > size) throw damaged(path, `is truncated: no end of the archive by byte ${size}`);
    readSync(file, header, 0, BLOCK, at);
    if (header.every((byte) => byte === 0)) return;
    checkHeader(header, at, path);
    const type = String.fromCharCode(header[156]!);
    const start = at + BLOCK;
    const ownLength = readNumber(header, 124, 12);
    const isExtension = type === 'L' || type === 'x' || type === 'g';
    const length = isExtension ? ownLength : (next.length ?? ownLength);
    if (!Number.isSafeInteger(length) || length < 0) {
      throw damaged(path, `has a member of impossible length at byte ${at}`);
    }
    if (start + length > size)
      throw damaged(path, `is truncated: a member at byte ${at} ends after byte ${size}`);
    if (isExtension) {
      const content = Buffer.alloc(length);
      readSync(file, content, 0, length, start);
      if (type === 'L') next = { ...next, name: readText(content, 0, length) };
      else if (type === 'x') next = { ...next, ...readPax(content) };
    } else {
      if (type === '0' || type === '\0') yield { name: next.name ?? ustarName(header), start, length };
      next = {};
    }
    at = start + Math.ceil(length / BLOCK) * BLOCK;
  }
}

/** The checksum is the sum of the header's bytes, its own eight counting as spaces. */
function checkHeader(header: Buffer, at: number, path: string): void {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!;
  if (sum !== readNumber(header, 148, 8)) throw damaged(path, `has no tar header at byte ${at}`);
}

function ustarName(header: Buffer): string {
  const name = readText(header, 0, 100);
  const isUstar = header.toString('latin1', 257, 262) === 'ustar' && header[262] === 0;
  const prefix = isUstar ? readText(header, 345, 155) : '';
  return prefix ? `${prefix}/${name}` : name;
}

function readText(bytes: Buffer, start: number, length: number): string {
  const end = bytes.subarray(start, start + length).indexOf(0);
  return bytes.toString('utf8', start, start + (end === -1 ? length : end));
}

/** Octal text; or big-endian binary where the first bit is set, which GNU uses from 8 GiB on. */
function readNumber(header: Buffer, start: number, length: number): number {
  if (header[start]! & 0x80)
    return Number(header.subarray(start + length - 8, start + length).readBigUInt64BE() & MASK);
  return Number.parseInt(readText(header, start, length).trim() || '0', 8);
}

const MASK = 2n ** 63n - 1n;

/** Records `<length> <key>=<value>\n`; the length counts the whole record. */
function readPax(content: Buffer): { name?: string; length?: number } {
  const found: { name?: string; length?: number } = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const recordLength = Number(content.toString('latin1', at, space));
    if (space === -1 || !(recordLength > 0)) break;
    const record = content.toString('utf8', space + 1, at + recordLength - 1);
    const [key, value] = [record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1)];
    if (key === 'path') found.name = value;
    if (key === 'size') found.length = Number(value);
    at += recordLength;
  }
  return found;
}
