/**
 * Google's emoji of the npm package `emoji-datasource-google` (MIT; images of Noto Emoji, Apache-2.0): 64 × 64, on white,
 * labelled by their group ("Animals & Nature", "Flags", …, the smallest has 5).
 *
 * The package has no split; this is ours, the same for every seed: in each group, in Unicode's order, every fifth emoji
 * (the third, the eighth, …) is for testing, together with all its skin tones, so that no test image has a near twin
 * in training. Both splits then run through the groups evenly, so that `limit` keeps their proportions.
 */
import { z } from 'zod';
import { damaged } from '../formats/files.js';
import { readTarMembers } from '../formats/tar.js';
import { loadSharp } from './decode/image.js';
import type { DatasetDefinition } from './definition.js';
import { cachedArrays } from './files/index-cache.js';
import { imageFacts, imageOptions, imagesInMemory, type LabelledImages } from './images.js';
import { locateSource } from './sources.js';

const SIDE = 64;
const PIXELS = SIDE * SIDE * 3;
const TEST_EVERY = 5;
const TEST_FIRST = 2;
const TABLE = 'package/emoji.json';
const FOLDER = 'package/img/google/64/';

const native = { numClasses: 10, imageShape: [SIDE, SIDE, 3], trainSize: 3048, testSize: 738 } as const;
const options = z.strictObject(imageOptions);

const variantSchema = z.object({ image: z.string(), has_img_google: z.boolean() });
const tableSchema = z.array(
  variantSchema.extend({
    category: z.string(),
    sort_order: z.number(),
    skin_variations: z.record(z.string(), variantSchema).optional(),
  }),
);
export type EmojiTable = z.infer<typeof tableSchema>;

export const emoji: DatasetDefinition<typeof options> = {
  name: 'emoji',
  description: '3,786 emoji 64 × 64 in colour of 10 groups, from an npm package; 3,048 to train, 738 to test',
  options,
  sources: ['emoji'],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const [file] = await locateSource('emoji', context);
    const { name, path, sha256 } = file!;
    // Decoded once: reading the package takes longer than the rest of a small run's start.
    const made = await cachedArrays(context.cacheDir, 'emoji 64', sha256, () => readPackage(path));
    const train = { pixels: made.trainPixels, labels: made.trainLabels };
    const test = { pixels: made.testPixels, labels: made.testLabels };
    return imagesInMemory('emoji', native, { train, test }, chosen, { [name]: sha256 });
  },
};

async function readPackage(path: string) {
  const members = await readTarMembers(path, (name) => name === TABLE || name.startsWith(FOLDER));
  const { train, test } = splitEmoji(parseTable(members.get(TABLE), path));
  const read = (list: readonly LabelledName[]) => decodeAll(list, members, path);
  const [training, testing] = [await read(train), await read(test)];
  return {
    trainPixels: training.pixels,
    trainLabels: training.labels,
    testPixels: testing.pixels,
    testLabels: testing.labels,
  };
}

function parseTable(json: Buffer | undefined, path: string): EmojiTable {
  if (!json) throw damaged(path, `has no ${TABLE}`);
  try {
    return tableSchema.parse(JSON.parse(json.toString()));
  } catch (error) {
    throw damaged(path, `${TABLE} is not what it was: ${(error as Error).message}`);
  }
}

interface LabelledName {
  readonly image: string;
  readonly label: number;
}

/** Names of the images of both splits; groups are numbered in the order of their names. */
export function splitEmoji(table: EmojiTable): { train: LabelledName[]; test: LabelledName[] } {
  const groups = [...new Set(table.map(({ category }) => category))].sort();
  const splits: { train: Placed[]; test: Placed[] } = { train: [], test: [] };
  groups.forEach((group, label) => {
    const members = table
      .filter(({ category }) => category === group)
      .sort((a, b) => a.sort_order - b.sort_order);
    const names: { train: string[]; test: string[] } = { train: [], test: [] };
    members.forEach((member, i) => {
      const all = [member, ...Object.values(member.skin_variations ?? {})].filter(
        (entry) => entry.has_img_google,
      );
      names[i % TEST_EVERY === TEST_FIRST ? 'test' : 'train'].push(...all.map(({ image }) => image));
    });
    for (const split of ['train', 'test'] as const) {
      const list = names[split];
      list.forEach((image, i) => {
        splits[split].push({ image, label, along: (i + 0.5) / list.length });
      });
    }
  });
  const ordered = (list: Placed[]) => list.sort((a, b) => a.along - b.along || a.label - b.label);
  return { train: ordered(splits.train), test: ordered(splits.test) };
}

/** `along`: how far through its group. */
type Placed = LabelledName & { readonly along: number };

async function decodeAll(
  list: readonly LabelledName[],
  members: ReadonlyMap<string, Buffer>,
  path: string,
): Promise<LabelledImages> {
  const sharp = await loadSharp();
  const pixels = new Uint8Array(list.length * PIXELS);
  await Promise.all(
    list.map(async ({ image }, i) => {
      const where = `${FOLDER}${image}`;
      const png = members.get(where);
      if (!png) throw damaged(path, `has no ${where}`);
      try {
        const decoded = await sharp(png)
          .flatten({ background: '#fff' })
          .toColourspace('srgb')
          .raw()
          .toBuffer();
        if (decoded.length !== PIXELS) throw new Error(`has ${decoded.length} bytes, expected ${PIXELS}`);
        pixels.set(decoded, i * PIXELS);
      } catch (error) {
        throw damaged(path, `${where} cannot be decoded: ${(error as Error).message}`);
      }
    }),
  );
  return { pixels, labels: Uint8Array.from(list, ({ label }) => label) };
}
