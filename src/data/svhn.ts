/**
 * SVHN (http://ufldl.stanford.edu/housenumbers, Netzer et al. 2011), format 2: digits cropped to 32 × 32 colour pixels,
 * the official train and test files (the "extra" one is not used, as in the paper).
 */
import { z } from 'zod';
import { damaged, readWhole } from '../formats/files.js';
import { type MatArray, parseMat } from '../formats/mat.js';
import type { DatasetDefinition } from './definition.js';
import { imageFacts, imageOptions, imagesInMemory, type LabelledImages } from './images.js';
import { locateSource } from './sources.js';
import { warnOfSubset } from './subset.js';

const SIDE = 32;
const PIXELS = SIDE * SIDE * 3;
const native = { numClasses: 10, imageShape: [SIDE, SIDE, 3], trainSize: 73_257, testSize: 26_032 } as const;
const options = z.strictObject(imageOptions);

export const svhn: DatasetDefinition<typeof options> = {
  name: 'svhn',
  description: '99,289 house-number digits 32 × 32 in colour; the official 73,257 to train, 26,032 to test',
  options,
  sources: ['svhn'],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const files = await locateSource('svhn', context);
    const [trainFile, testFile] = files;
    const images = { train: await read(trainFile!.path), test: await read(testFile!.path) };
    warnOfSubset('SVHN', trainFile!.path, native, [images.train.labels.length, images.test.labels.length]);
    const checksums = Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]));
    return imagesInMemory('svhn', native, images, chosen, checksums);
  },
};

/** `X` [32, 32, 3, N] bytes and `y` [N, 1], in which the digit 0 has the label 10. */
async function read(path: string): Promise<LabelledImages> {
  const arrays = parseMat(await readWhole(path), path);
  const images = arrayOf(arrays, 'X', path);
  const classes = arrayOf(arrays, 'y', path);
  const count = images.shape[3] ?? 0;
  if (!(images.data instanceof Uint8Array) || images.shape.join() !== [SIDE, SIDE, 3, count].join()) {
    throw damaged(path, `'X' has the shape [${images.shape}], expected bytes of shape [32, 32, 3, N]`);
  }
  if (classes.data.length !== count) {
    throw damaged(path, `'y' has ${classes.data.length} labels, expected ${count} as there are images`);
  }
  const wrong = classes.data.findIndex((label) => !(label >= 1 && label <= 10));
  if (wrong >= 0)
    throw damaged(path, `image ${wrong} has the label ${classes.data[wrong]}, expected 1 to 10`);
  const pixels = new Uint8Array(count * PIXELS);
  for (let i = 0; i < count; i++) transpose(images.data, pixels, i * PIXELS);
  return { pixels, labels: Uint8Array.from(classes.data, (label) => label % 10) };
}

function arrayOf(arrays: ReadonlyMap<string, MatArray>, name: string, path: string): MatArray {
  const array = arrays.get(name);
  if (!array) throw damaged(path, `has no array '${name}'`);
  return array;
}

/** One image from [channel, column, row] (MATLAB's order) to [row, column, channel], both from `offset`. */
function transpose(source: Uint8Array, target: Uint8Array, offset: number): void {
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      for (let channel = 0; channel < 3; channel++) {
        target[offset + (row * SIDE + column) * 3 + channel] =
          source[offset + (channel * SIDE + column) * SIDE + row]!;
      }
    }
  }
}
