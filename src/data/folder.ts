/** Images of one's own: a folder a class below `train/` and below `test/` (or `val/`), as torchvision's ImageFolder. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { MissingError } from '../errors.js';
import { listFolders } from './class-folders.js';
import type { DatasetDefinition } from './definition.js';
import { FolderTree } from './files/folder-tree.js';
import { imageFileOptions, imagesInFiles } from './image-files.js';

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .default('.')
    .describe('folder with train/<class>/ and test/<class>/ (or val/), relative to --data-dir'),
  ...imageFileOptions,
});

export const folder: DatasetDefinition<typeof options> = {
  name: 'folder',
  description: 'your own images: a folder for each class below train/ and below test/ or val/',
  options,
  sources: [],
  facts: ({ image_size }) => ({ imageShape: [image_size, image_size, 3] }),
  async create({ path, ...chosen }, { dataDir = '', cacheDir }) {
    const root = resolve(dataDir, path);
    const train = subfolder(root, ['train']);
    const test = subfolder(root, ['test', 'val', 'validation']);
    const files = await listFolders(new FolderTree(train, cacheDir), new FolderTree(test, cacheDir));
    return imagesInFiles('folder', files.classes.length, files, chosen);
  },
};

function subfolder(root: string, names: readonly string[]): string {
  const found = names.map((name) => join(root, name)).find((path) => existsSync(path));
  if (found) return found;
  throw new MissingError(
    `${root}: expected a folder ${names.map((name) => `${name}/`).join(' or ')} with a folder for each class; ` +
      'give dataset.path, relative to --data-dir or to the current folder',
  );
}
