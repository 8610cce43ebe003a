/** Image sets that do not fit into memory: files, decoded by worker threads as they are read. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MissingError } from '../errors.js';
import { ImagePool } from './decode/pool.js';
import type { PackedNames } from './files/names.js';
import type { FileTree } from './files/tree.js';
import type { Dataset, HostBatch, Split } from './types.js';

/** Options of every set of images that have sizes of their own. */
export const imageFileOptions = {
  image_size: z
    .int()
    .min(1)
    .max(1024)
    .default(224)
    .describe('side of the square that images are resized to (bilinear)'),
  limit: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'use only n training and n test examples, evenly spread over the list (which is sorted by class)',
    ),
};

export interface LabelledFiles {
  readonly tree: FileTree;
  /** Names in the tree. */
  readonly names: PackedNames;
  /** [N] */
  readonly labels: Int32Array;
}

/** A data set of image files. Nothing but lists of names and labels is held in memory. */
export function imagesInFiles(
  name: string,
  numClasses: number,
  { train, test }: { readonly train: LabelledFiles; readonly test: LabelledFiles },
  { image_size, limit }: { readonly image_size: number; readonly limit: number | null },
): Dataset {
  checkLabels(train, numClasses);
  checkLabels(test, numClasses);
  const pool = new ImagePool();
  return {
    name,
    train: fileSplit(train, image_size, limit, pool),
    test: fileSplit(test, image_size, limit, pool),
    numClasses,
    imageShape: [image_size, image_size, 3],
    checksums: { 'list of training files': digest(train), 'list of test files': digest(test) },
    close: () => pool.close(),
  };
}

/** `image` [B, side, side, 3] bytes, `label` [B] int32. */
function fileSplit(
  { tree, names, labels }: LabelledFiles,
  side: number,
  limit: number | null,
  pool: ImagePool,
): Split {
  const length = Math.min(names.length, limit ?? names.length);
  const spread = (index: number) => Math.floor((index * names.length) / length);
  return {
    length,
    async read(indices: Int32Array): Promise<HostBatch> {
      const chosen = Array.from(indices, spread);
      const sources = chosen.map((index) => tree.locate(names.at(index)));
      return {
        image: {
          shape: [indices.length, side, side, 3],
          data: await pool.run({ kind: 'decode', sources, side }),
        },
        label: { shape: [indices.length], data: Int32Array.from(chosen, (index) => labels[index]!) },
      };
    },
    release: ({ image }) => pool.release(image!.data),
  };
}

function checkLabels({ tree, labels }: LabelledFiles, numClasses: number): void {
  const wrong = labels.findIndex((label) => !(label >= 0 && label < numClasses));
  if (wrong >= 0) {
    throw new MissingError(
      `${tree.path}: image ${wrong} has the label ${labels[wrong]}, expected 0 to ${numClasses - 1}`,
    );
  }
}

/** sha256 of the names and labels: that of gigabytes of images would take longer than a run. */
function digest({ names, labels }: LabelledFiles): string {
  return createHash('sha256').update(names.bytes).update(names.ends).update(labels).digest('hex');
}
