/**
 * iNaturalist 2021 (https://github.com/visipedia/inat_comp, Van Horn et al. 2021): photos of 10,000 species, at most 500
 * pixels a side. The labels of the test set are not public: the 100,000 photos of validation are used to test. A folder a
 * species (`00000_Animalia_…`), whose sorted names number the classes as the JSON files do. Found unpacked under the
 * archives' names (`train`, `train_mini`, `val`) or torchvision's (`2021_train`, …), or in the official archives, which are
 * unpacked into the cache once.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { listFolders } from './class-folders.js';
import type { DatasetDefinition } from './definition.js';
import { findInDataDir, openArchive } from './files/find.js';
import { FolderTree } from './files/folder-tree.js';
import type { FileTree } from './files/tree.js';
import { imageFileOptions, imagesInFiles } from './image-files.js';
import { imageFacts } from './images.js';
import { locateSource } from './sources.js';
import { warnOfSubset } from './subset.js';
import type { DatasetContext } from './types.js';

const options = z.strictObject(imageFileOptions);

/** A folder of the set, by its name in the archive and its name in torchvision. */
interface Part {
  readonly source: string;
  readonly folder: string;
  readonly torchvision: string;
}

const val: Part = { source: 'inat2021-val', folder: 'val', torchvision: '2021_valid' };

function inaturalist(name: string, train: Part, trainSize: number, description: string) {
  const native = { numClasses: 10_000, imageShape: [0, 0, 3], trainSize, testSize: 100_000 } as const;
  const definition: DatasetDefinition<typeof options> = {
    name,
    description,
    options,
    sources: [train.source, val.source],
    facts: (chosen) => imageFacts(native, chosen),
    async create(chosen, context) {
      const files = await listFolders(await findPart(train, context), await findPart(val, context));
      const { path } = files.train.tree;
      warnOfSubset('iNaturalist 2021', path, native, [files.train.labels.length, files.test.labels.length]);
      return imagesInFiles(name, native.numClasses, files, chosen);
    },
  };
  return definition;
}

async function findPart({ source, folder, torchvision }: Part, context: DatasetContext): Promise<FileTree> {
  const path = findInDataDir(context, 'inat2021', [folder, torchvision, `2021/${folder}`]);
  if (path) return new FolderTree(path, context.cacheDir);
  const [file] = await locateSource(source, context, { alias: 'inat2021' });
  const { path: unpacked } = await openArchive(file!, context.cacheDir);
  return new FolderTree(join(unpacked, folder), context.cacheDir);
}

export const inat2021 = inaturalist(
  'inat2021',
  { source: 'inat2021-train', folder: 'train', torchvision: '2021_train' },
  2_686_843,
  '2.8 million photos of 10,000 species; the official 2,686,843 to train, the validation set of 100,000 to test',
);

export const inat2021Mini = inaturalist(
  'inat2021-mini',
  { source: 'inat2021-train-mini', folder: 'train_mini', torchvision: '2021_train_mini' },
  500_000,
  '600,000 photos of 10,000 species; the official 50 of each to train, the validation set of 100,000 to test',
);
