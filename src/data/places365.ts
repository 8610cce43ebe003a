/**
 * Places365-Standard (http://places2.csail.mit.edu, Zhou et al. 2017) with the small images, 256 × 256: 1,803,460 to
 * train; to test, the 36,500 of validation, since the labels of the test set are not public. Found unpacked as
 *
 *     places365_train_standard.txt, places365_val.txt, data_256/ and val_256/   the official archives and torchvision
 *     places365_standard/train/<class>/ and places365_standard/val/<class>/     the "easyformat" archive
 *
 * or in the three official tar archives, which are read in place.
 */
import { dirname } from 'node:path';
import { z } from 'zod';
import { damaged } from '../formats/files.js';
import { safeName } from '../formats/paths.js';
import { listFolders } from './class-folders.js';
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

const native = {
  numClasses: 365,
  imageShape: [256, 256, 3],
  trainSize: 1_803_460,
  testSize: 36_500,
} as const;
const options = z.strictObject(imageFileOptions);

const TRAIN_LIST = 'places365_train_standard.txt';
const TEST_LIST = 'places365_val.txt';
/** The folder's name in the archive, and what torchvision renames it to. */
const TRAIN_FOLDERS = ['data_256', 'data_256_standard'];
const TEST_FOLDER = 'val_256';

export const places365: DatasetDefinition<typeof options> = {
  name: 'places365',
  description:
    '1,839,960 photos of 365 kinds of places; the official 1,803,460 to train, the validation set to test',
  options,
  sources: ['places365'],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const lists =
      (await findEasyFormat(context)) ?? (await findLists(context)) ?? (await openArchives(context));
    const { train, test } = lists;
    warnOfSubset('Places365-Standard', train.tree.path, native, [train.labels.length, test.labels.length]);
    return imagesInFiles('places365', native.numClasses, lists, chosen);
  },
};

interface Lists {
  readonly train: LabelledFiles;
  readonly test: LabelledFiles;
}

async function findEasyFormat(context: DatasetContext): Promise<Lists | undefined> {
  const train = findInDataDir(context, 'places365', ['places365_standard/train', 'train']);
  const test = train && findInDataDir({ ...context, dataDir: dirname(train) }, '', ['val']);
  if (!train || !test) return undefined;
  return listFolders(new FolderTree(train, context.cacheDir), new FolderTree(test, context.cacheDir));
}

async function findLists(context: DatasetContext): Promise<Lists | undefined> {
  const list = findInDataDir(context, 'places365', [TRAIN_LIST]);
  if (!list) return undefined;
  const own = { ...context, dataDir: dirname(list) };
  const folder = findInDataDir(own, '', TRAIN_FOLDERS);
  if (!folder) return undefined;
  const tree = new FolderTree(dirname(list), context.cacheDir);
  const trainFolder = TRAIN_FOLDERS.find((name) => folder.endsWith(name))!;
  return {
    train: await readList({ tree, name: TRAIN_LIST }, tree, trainFolder),
    test: await readList({ tree, name: TEST_LIST }, tree, TEST_FOLDER),
  };
}

async function openArchives(context: DatasetContext): Promise<Lists> {
  const files = await locateSource('places365', context);
  const [lists, train, test] = await Promise.all(files.map((file) => openArchive(file, context.cacheDir)));
  return {
    train: await readList({ tree: lists!, name: TRAIN_LIST }, train!, TRAIN_FOLDERS[0]!),
    test: await readList({ tree: lists!, name: TEST_LIST }, test!, TEST_FOLDER),
  };
}

/** Lines `<path> <number of the class>`; paths of training images begin with `/`. */
async function readList(
  list: { readonly tree: FileTree; readonly name: string },
  tree: FileTree,
  folder: string,
): Promise<LabelledFiles> {
  const path = `${list.tree.path}, ${list.name}`;
  const text = (await list.tree.read(list.name)).toString();
  const labels: number[] = [];
  function* names(): Generator<string> {
    // Line by line: a list of a million lines is not split in one go.
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start);
      const end = newline === -1 ? text.length : newline;
      const line = text.slice(start, end).trimEnd();
      start = end + 1;
      if (line === '') continue;
      const match = /^\/?(\S+) (\d+)$/.exec(line);
      if (!match) throw damaged(path, `has the line '${line}', expected <path> <class>`);
      labels.push(Number(match[2]));
      yield `${folder}/${safeName(match[1]!, path)}`;
    }
  }
  return { tree, names: PackedNames.from(names()), labels: Int32Array.from(labels) };
}
