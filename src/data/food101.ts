/**
 * Food-101 (https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101, Bossard et al. 2014): photos of dishes, at most
 * 512 pixels a side, the official split. Found as the folder `food-101` (with `images/` and `meta/`), or in the official
 * archive, which is unpacked into the cache once.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { damaged } from '../formats/files.js';
import { safeName } from '../formats/paths.js';
import type { DatasetDefinition } from './definition.js';
import { findInDataDir, openArchive } from './files/find.js';
import { FolderTree } from './files/folder-tree.js';
import { PackedNames } from './files/names.js';
import type { FileTree } from './files/tree.js';
import { imageFileOptions, imagesInFiles, type LabelledFiles } from './image-files.js';
import { imageFacts } from './images.js';
import { locateSource } from './sources.js';
import { warnOfSubset } from './subset.js';
import type { DatasetContext } from './types.js';

const native = { numClasses: 101, imageShape: [0, 0, 3], trainSize: 75_750, testSize: 25_250 } as const;
const options = z.strictObject(imageFileOptions);
const TRAIN_LIST = 'meta/train.txt';
const TEST_LIST = 'meta/test.txt';

export const food101: DatasetDefinition<typeof options> = {
  name: 'food101',
  description: '101,000 photos of 101 dishes; the official 75,750 to train, 25,250 to test',
  options,
  sources: ['food101'],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const tree = await findTree(context);
    const lists = { train: await readList(tree, TRAIN_LIST), test: await readList(tree, TEST_LIST) };
    // Numbered in the order of their names, as in torchvision.
    const classes = [...new Set([...lists.train, ...lists.test].map(classOf))].sort();
    if (classes.length > native.numClasses) {
      throw damaged(
        join(tree.path, 'meta'),
        `lists ${classes.length} classes, expected ${native.numClasses}`,
      );
    }
    const numbers = new Map(classes.map((name, number) => [name, number]));
    const label = (list: readonly string[]): LabelledFiles => ({
      tree,
      names: PackedNames.from(list.map((name) => `images/${name}.jpg`)),
      labels: Int32Array.from(list, (name) => numbers.get(classOf(name))!),
    });
    warnOfSubset('Food-101', tree.path, native, [lists.train.length, lists.test.length]);
    return imagesInFiles(
      'food101',
      native.numClasses,
      { train: label(lists.train), test: label(lists.test) },
      chosen,
    );
  },
};

async function findTree(context: DatasetContext): Promise<FileTree> {
  const list = findInDataDir(context, 'food101', [`food-101/${TRAIN_LIST}`, TRAIN_LIST]);
  if (list) return new FolderTree(join(list, '..', '..'), context.cacheDir);
  const [file] = await locateSource('food101', context);
  const { path } = await openArchive(file!, context.cacheDir);
  return new FolderTree(join(path, 'food-101'), context.cacheDir);
}

/** Lines `<class>/<number>`. */
async function readList(tree: FileTree, name: string): Promise<string[]> {
  const path = join(tree.path, name);
  const lines = (await tree.read(name)).toString().split(/\r?\n/).filter(Boolean);
  if (lines.length === 0) throw damaged(path, 'is empty');
  const wrong = lines.find((line) => !/^[^/]+\/[^/]+$/.test(line));
  if (wrong !== undefined) throw damaged(path, `has the line '${wrong}', expected <class>/<image>`);
  return lines.map((line) => safeName(line, path));
}

const classOf = (name: string) => name.slice(0, name.indexOf('/'));
