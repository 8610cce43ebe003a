/**
 * Synthetic scenes with exact masks: cut-out photos and drawings of Tux Paint's stamps (Debian package
 * `tuxpaint-stamps-default`, GPL-2) over random backgrounds, 128 × 128 pixels, of three classes or one.
 *
 * Every fifth stamp of a class, in the order of names, is for test scenes alone: no object of testing is seen in
 * training. Scenes depend on nothing but their number (see `makeScene`).
 */
import { z } from 'zod';
import { readDebianMembers } from '../../formats/deb.js';
import { damaged } from '../../formats/files.js';
import { loadSharp } from '../decode/image.js';
import type { DatasetDefinition } from '../definition.js';
import { cachedArrays } from '../files/index-cache.js';
import { locateSource } from '../sources.js';
import type { DetectionExample } from './example.js';
import { type LabelledCutout, makeScene } from './scenes.js';
import { detectionOptions, detectionSplit } from './split.js';

const SOURCE = 'tuxpaint-stamps';
const ROOT = 'usr/share/tuxpaint/stamps/';
/** Folders of each class; its label is 1 + its index. Class 0 is the background. */
const CLASSES = ['animals', 'food', 'plants'] as const;
/** Other views of the same object. */
const VARIANT = /_(mirror|flip|mirror_flip)\.png$/;
/** Longer side that stamps are kept at, in pixels. */
const KEPT_SIDE = 96;
const TEST_EVERY = 5;
const TEST_FIRST = 2;
const TRAIN_SIZE = 800;
const TEST_SIZE = 100;

const options = z.strictObject({
  ...detectionOptions({ min: 128, max: 128 }),
  one_class: z
    .boolean()
    .default(false)
    .describe('every object is just an object, as in sets of nothing but pedestrians; false: of three kinds'),
});

export const stamps: DatasetDefinition<typeof options> = {
  name: 'stamps',
  description:
    'synthetic scenes of cut-out animals, food and plants with exact masks, 128 × 128, from a Debian package',
  options,
  sources: [SOURCE],
  facts: ({ limit, one_class }) => ({
    numClasses: namesOf(one_class).length + 1,
    classNames: namesOf(one_class),
    trainSize: Math.min(TRAIN_SIZE, limit ?? TRAIN_SIZE),
    testSize: Math.min(TEST_SIZE, limit ?? TEST_SIZE),
  }),
  async create(chosen, context) {
    const [file] = await locateSource(SOURCE, context);
    const { name, path, sha256 } = file!;
    // Decoded once: unpacking the package takes far longer than the rest of a small run's start.
    const packed = await cachedArrays(context.cacheDir, `stamps ${KEPT_SIDE}`, sha256, () =>
      readStamps(path),
    );
    const cutouts = unpack(packed);
    const isTest = testMembers(cutouts);
    const labelled = chosen.one_class ? cutouts.map((cutout) => ({ ...cutout, label: 1 })) : cutouts;
    const split = (title: string, own: readonly LabelledCutout[], length: number) => {
      const scenes: DetectionExample[] = [];
      const example = async (index: number) => {
        scenes[index] ??= makeScene(`${title} scene ${index}`, own);
        return scenes[index];
      };
      return detectionSplit(length, example, chosen, context.seed);
    };
    const trainCutouts = labelled.filter((_, i) => !isTest[i]);
    const testCutouts = labelled.filter((_, i) => isTest[i]);
    return {
      name: 'stamps',
      train: split('training', trainCutouts, TRAIN_SIZE),
      test: split('test', testCutouts, TEST_SIZE),
      numClasses: namesOf(chosen.one_class).length + 1,
      checksums: { [name]: sha256 },
    };
  },
};

function namesOf(oneClass: boolean): readonly string[] {
  return oneClass ? ['object'] : CLASSES;
}

/** Which of the stamps are for testing. */
function testMembers(cutouts: readonly LabelledCutout[]): boolean[] {
  const seen = new Map<number, number>();
  return cutouts.map(({ label }) => {
    const index = seen.get(label) ?? 0;
    seen.set(label, index + 1);
    return index % TEST_EVERY === TEST_FIRST;
  });
}

/** All stamps one after the other; `sizes` has label, height and width of each. */
type Packed = { readonly pixels: Uint8Array; readonly sizes: Int32Array };

async function readStamps(path: string): Promise<Packed> {
  const labelOf = (name: string) => CLASSES.findIndex((folder) => name.startsWith(`${ROOT}${folder}/`)) + 1;
  const members = await readDebianMembers(
    path,
    (name) => name.endsWith('.png') && !VARIANT.test(name) && labelOf(name) > 0,
  );
  const names = [...members.keys()].sort();
  if (names.length === 0) throw damaged(path, `has no images below ${ROOT}${CLASSES[0]}`);
  const cutouts: LabelledCutout[] = [];
  for (const name of names) cutouts.push(await decode(members.get(name)!, labelOf(name), `${path}, ${name}`));
  const sizes = Int32Array.from(cutouts.flatMap(({ label, height, width }) => [label, height, width]));
  const pixels = new Uint8Array(cutouts.reduce((sum, cutout) => sum + cutout.pixels.length, 0));
  let at = 0;
  for (const cutout of cutouts) {
    pixels.set(cutout.pixels, at);
    at += cutout.pixels.length;
  }
  return { pixels, sizes };
}

function unpack({ pixels, sizes }: Packed): LabelledCutout[] {
  let at = 0;
  return Array.from({ length: sizes.length / 3 }, (_, i) => {
    const [label, height, width] = sizes.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const length = height * width * 4;
    const own = pixels.subarray(at, at + length);
    at += length;
    return { label, height, width, pixels: own };
  });
}

/** A stamp without its transparent margins. */
async function decode(png: Buffer, label: number, where: string): Promise<LabelledCutout> {
  const sharp = await loadSharp();
  try {
    const trimmed = await sharp(png)
      .toColourspace('srgb')
      .ensureAlpha()
      .trim({ background: { r: 0, g: 0, b: 0, alpha: 0 }, threshold: 1 })
      .png()
      .toBuffer();
    const { data, info } = await sharp(trimmed)
      .resize(KEPT_SIDE, KEPT_SIDE, { fit: 'inside' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { label, height: info.height, width: info.width, pixels: new Uint8Array(data) };
  } catch (error) {
    throw damaged(where, `cannot be decoded as an image: ${(error as Error).message}`);
  }
}
