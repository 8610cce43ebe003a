/**
 * GTSRB (https://benchmark.ini.rub.de, Stallkamp et al. 2012): German traffic signs of 43 classes, PPM images of 15 to
 * 250 pixels a side, whole (the sign's rectangle in the tables is not used, as in torchvision). Found unpacked as
 *
 *     GTSRB/Final_Training/Images/<class>/*.ppm     the official 39,209; or torchvision's 26,640: GTSRB/Training
 *     GTSRB/Final_Test/Images/*.ppm                 with GT-final_test.csv there or beside GTSRB
 *
 * or in the three official zip archives, which are read in place.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { MissingError } from '../errors.js';
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

const native = { numClasses: 43, imageShape: [0, 0, 3], trainSize: 39_209, testSize: 12_630 } as const;
const options = z.strictObject(imageFileOptions);

const TRAINING = 'GTSRB/Final_Training/Images';
const TRAINING_OF_TORCHVISION = 'GTSRB/Training';
const TEST = 'GTSRB/Final_Test/Images';
const TEST_TABLE = 'GT-final_test.csv';

export const gtsrb: DatasetDefinition<typeof options> = {
  name: 'gtsrb',
  description: '51,839 photos of traffic signs of 43 classes; the official 39,209 to train, 12,630 to test',
  options,
  sources: ['gtsrb'],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const places = (await findFolders(context)) ?? (await openArchives(context));
    const train = await listTraining(places.training);
    const test = await listTest(places.test, places.table);
    warnOfSubset('GTSRB', places.training.tree.path, native, [train.labels.length, test.labels.length]);
    return imagesInFiles('gtsrb', native.numClasses, { train, test }, chosen);
  },
};

/** A folder in a tree. */
interface Place {
  readonly tree: FileTree;
  readonly folder: string;
}

interface Places {
  readonly training: Place;
  readonly test: Place;
  /** Where the table of the test images' classes is. */
  readonly table: Place;
}

async function findFolders(context: DatasetContext): Promise<Places | undefined> {
  const find = (...places: string[]) => findInDataDir(context, 'gtsrb', places);
  const training = find(TRAINING, TRAINING_OF_TORCHVISION, 'Final_Training/Images');
  if (!training) return undefined;
  const test = find(TEST, 'Final_Test/Images');
  const table = find(`${TEST}/${TEST_TABLE}`, TEST_TABLE, `Final_Test/Images/${TEST_TABLE}`);
  if (!test || !table) {
    throw new MissingError(
      `${training} is here, but not the ${test ? 'classes of the ' : ''}test images: expected ${TEST} ` +
        `(of GTSRB_Final_Test_Images.zip) with ${TEST_TABLE} (of GTSRB_Final_Test_GT.zip) in it`,
    );
  }
  const place = (path: string) => ({ tree: new FolderTree(path, context.cacheDir), folder: '' });
  return { training: place(training), test: place(test), table: place(dirname(table)) };
}

async function openArchives(context: DatasetContext): Promise<Places> {
  const files = await locateSource('gtsrb', context);
  const [training, test, table] = await Promise.all(files.map((file) => openArchive(file, context.cacheDir)));
  return {
    training: { tree: training!, folder: TRAINING },
    test: { tree: test!, folder: TEST },
    table: { tree: table!, folder: '' },
  };
}

/** A folder a class, named by its number. */
async function listTraining({ tree, folder }: Place): Promise<LabelledFiles> {
  const { classes, names, labels } = await tree.classes(folder);
  const numbers = classes.map((name) => (/^\d+$/.test(name) ? Number(name) : -1));
  const other = numbers.indexOf(-1);
  if (other >= 0) throw damaged(tree.path, `has the folder '${classes[other]}', expected numbers of classes`);
  return { tree, names, labels: labels.map((index) => numbers[index]!) };
}

/** `Filename;Width;Height;Roi.X1;…;ClassId`, a line an image. */
async function listTest({ tree, folder }: Place, table: Place): Promise<LabelledFiles> {
  const path = join(table.tree.path, TEST_TABLE);
  const [header = '', ...lines] = (await table.tree.read(TEST_TABLE)).toString().trim().split(/\r?\n/);
  const columns = header.split(';').map((text) => text.trim());
  const [fileColumn, classColumn] = [columns.indexOf('Filename'), columns.indexOf('ClassId')];
  if (fileColumn < 0 || classColumn < 0) {
    throw damaged(path, `has the columns ${columns.join(', ')}; Filename and ClassId are needed`);
  }
  const rows = lines.map((line) => line.split(';'));
  const labels = Int32Array.from(rows, (row) =>
    /^\s*\d+\s*$/.test(row[classColumn] ?? '') ? Number(row[classColumn]) : -1,
  );
  const names = PackedNames.from(
    rows.map((row) => join(folder, safeName(row[fileColumn]?.trim() ?? '', path))),
  );
  return { tree, names, labels };
}
