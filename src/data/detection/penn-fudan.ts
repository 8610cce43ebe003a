/**
 * Penn-Fudan (https://www.cis.upenn.edu/~jshi/ped_html, Wang et al. 2007): 170 photos of streets, with a mask of every
 * pedestrian. Found unpacked as `PennFudanPed/PNGImages/*.png` and `PennFudanPed/PedMasks/*_mask.png`, or in the
 * official `PennFudanPed.zip`.
 *
 * The set has no split. PyTorch's tutorial ("TorchVision Object Detection Finetuning") tests on the last 50 images of
 * `torch.randperm(170)`, for long after `torch.manual_seed(1)`: these are the 50 here, the same for all methods and seeds.
 * Of sets of another size, the same share is for testing, by an order of our own.
 */
import { createHash } from 'node:crypto';
import type { Sharp } from 'sharp';
import { z } from 'zod';
import { damaged } from '../../formats/files.js';
import { loadSharp } from '../decode/image.js';
import type { DatasetDefinition } from '../definition.js';
import { findInDataDir, openArchive } from '../files/find.js';
import { FolderTree } from '../files/folder-tree.js';
import type { FileTree } from '../files/tree.js';
import { epochOrder } from '../loader.js';
import { locateSource } from '../sources.js';
import { warnOfSubset } from '../subset.js';
import type { DatasetContext } from '../types.js';
import type { DetectionExample } from './example.js';
import { detectionOptions, detectionSplit } from './split.js';

const FOLDER = 'PennFudanPed';
const IMAGES = 'PNGImages';
const MASKS = 'PedMasks';
/** Background and pedestrian. */
const CLASSES = 2;
const TRAIN_SIZE = 120;
const TEST_SIZE = 50;
/** Of the images in the order of their names: `torch.manual_seed(1); torch.randperm(170)[-50:]`. */
const TUTORIAL_TEST = [
  34, 84, 145, 135, 131, 3, 122, 77, 168, 169, 64, 142, 144, 88, 26, 47, 22, 65, 90, 48, 21, 43, 29, 9, 119,
  92, 109, 104, 31, 110, 112, 96, 28, 13, 75, 151, 67, 79, 5, 98, 37, 6, 54, 129, 162, 94, 114, 147, 12, 97,
];

const options = z.strictObject(detectionOptions({ min: 800, max: 1333 }));
const facts = { numClasses: CLASSES, trainSize: TRAIN_SIZE, testSize: TEST_SIZE };

export const pennFudan: DatasetDefinition<typeof options> = {
  name: 'penn-fudan',
  description: '170 photos with the masks of pedestrians; 120 to train, 50 to test',
  options,
  sources: ['penn-fudan'],
  facts: ({ limit }) => ({
    numClasses: CLASSES,
    classNames: ['pedestrian'],
    trainSize: Math.min(TRAIN_SIZE, limit ?? TRAIN_SIZE),
    testSize: Math.min(TEST_SIZE, limit ?? TEST_SIZE),
  }),
  async create(chosen, context) {
    const { tree, folder, checksums } = await openTree(context);
    const images = await listImages(tree, folder);
    const list = createHash('sha256').update(images.flat().join('\n')).digest('hex');
    const { train, test } = splitIndices(images.length);
    const split = (indices: readonly number[]) =>
      detectionSplit(indices.length, (i) => readExample(tree, images[indices[i]!]!), chosen, context.seed);
    warnOfSubset('Penn-Fudan', tree.path, facts, [train.length, test.length]);
    return {
      name: 'penn-fudan',
      train: split(train),
      test: split(test),
      numClasses: CLASSES,
      checksums: { ...checksums, 'list of images': list },
    };
  },
};

/** Indices of the training and the test images. */
function splitIndices(count: number): { train: number[]; test: number[] } {
  const all = Array.from({ length: count }, (_, i) => i);
  const share = Math.round((count * TEST_SIZE) / (TRAIN_SIZE + TEST_SIZE));
  const test =
    count === TRAIN_SIZE + TEST_SIZE ? TUTORIAL_TEST : [...epochOrder(count, 0, 0).subarray(count - share)];
  const tested = new Set(test);
  return { train: all.filter((i) => !tested.has(i)), test };
}

interface Place {
  readonly tree: FileTree;
  /** With `PNGImages` and `PedMasks` in it; empty: the tree itself. */
  readonly folder: string;
  readonly checksums: Readonly<Record<string, string>>;
}

async function openTree(context: DatasetContext): Promise<Place> {
  const found = findInDataDir(context, 'penn-fudan', [`${FOLDER}/${IMAGES}`, IMAGES]);
  if (found) {
    const path = found.slice(0, -IMAGES.length - 1);
    return { tree: new FolderTree(path, context.cacheDir), folder: '', checksums: {} };
  }
  const [file] = await locateSource('penn-fudan', context);
  const { name, sha256 } = file!;
  return {
    tree: await openArchive(file!, context.cacheDir),
    folder: FOLDER,
    checksums: { [name]: sha256 },
  };
}

/** Names of an image and of its mask in the tree. */
type Names = readonly [image: string, mask: string];

async function listImages(tree: FileTree, folder: string): Promise<Names[]> {
  const { names } = await tree.classes(folder);
  const all = Array.from({ length: names.length }, (_, i) => names.at(i));
  const masks = new Set(all.filter((name) => name.includes(`${MASKS}/`)));
  return all
    .filter((name) => name.includes(`${IMAGES}/`))
    .map((image): Names => {
      const mask = image.replace(`${IMAGES}/`, `${MASKS}/`).replace(/\.png$/i, '_mask.png');
      if (!masks.has(mask)) throw damaged(tree.path, `has no mask ${mask} of ${image}`);
      return [image, mask];
    });
}

async function readExample(tree: FileTree, [image, mask]: Names): Promise<DetectionExample> {
  const picture = await decode(tree, image, (sharp) => sharp.toColourspace('srgb').removeAlpha());
  const ids = await decode(tree, mask, (sharp) => sharp.extractChannel(0));
  const { width, height } = picture;
  if (ids.width !== width || ids.height !== height) {
    throw damaged(
      `${tree.path}, ${mask}`,
      `is ${ids.width} × ${ids.height} pixels, its image ${width} × ${height}`,
    );
  }
  const { instances, count } = renumber(ids.data);
  return { width, height, pixels: picture.data, instances, labels: new Int32Array(count).fill(1) };
}

async function decode(tree: FileTree, name: string, process: (sharp: Sharp) => Sharp) {
  const sharp = await loadSharp();
  const bytes = await tree.read(name);
  try {
    const image = process(sharp(bytes, { ignoreIcc: true, failOn: 'error' }));
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { data: new Uint8Array(data), width: info.width, height: info.height };
  } catch (error) {
    throw damaged(`${tree.path}, ${name}`, `cannot be decoded as an image: ${(error as Error).message}`);
  }
}

/** The pedestrians' numbers in a mask as 1 to their count, in ascending order; some masks leave a number out. */
function renumber(mask: Uint8Array): { instances: Uint8Array; count: number } {
  const numbers = [...new Set(mask)].filter((value) => value !== 0).sort((a, b) => a - b);
  const newNumber = new Uint8Array(256);
  numbers.forEach((value, i) => {
    newNumber[value] = i + 1;
  });
  return { instances: mask.map((value) => newNumber[value]!), count: numbers.length };
}
