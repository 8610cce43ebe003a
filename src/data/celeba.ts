/**
 * CelebA's aligned and cropped images (https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, Liu et al. 2015): 202,599 faces,
 * 178 × 218 pixels, read in place from `img_align_celeba.zip`. All are for training, as in PyTorch's DCGAN tutorial; the
 * last thousand are evaluated too. Resized by the shorter side and cropped in the middle, as there.
 */
import { z } from 'zod';
import { damaged } from '../formats/files.js';
import { type ZipEntry, zipEntries } from '../formats/zip.js';
import type { ByteSource } from './decode/bytes.js';
import { ImagePool } from './decode/pool.js';
import type { DatasetDefinition } from './definition.js';
import { imageFileOptions } from './image-files.js';
import { locateSource } from './sources.js';
import type { HostBatch, Split } from './types.js';

const TRAIN_SIZE = 202_599;
const TEST_SIZE = 1000;

const options = z.strictObject({
  image_size: imageFileOptions.image_size
    .removeDefault()
    .default(64)
    .describe('side of the images in pixels'),
  limit: z.int().min(1).nullable().default(null).describe('use only the first n images'),
});

export const celeba: DatasetDefinition<typeof options> = {
  name: 'celeba',
  description: '202,599 aligned photos of faces, without labels',
  options,
  sources: ['celeba'],
  facts: ({ image_size, limit }) => {
    const trainSize = Math.min(TRAIN_SIZE, limit ?? TRAIN_SIZE);
    return { imageShape: [image_size, image_size, 3], trainSize, testSize: Math.min(TEST_SIZE, trainSize) };
  },
  async create({ image_size, limit }, context) {
    const [file] = await locateSource('celeba', context);
    const { name, path, sha256 } = file!;
    const sources = (await faces(path)).slice(0, limit ?? undefined);
    const pool = new ImagePool();
    return {
      name: 'celeba',
      train: split(sources, image_size, pool),
      test: split(sources.slice(-TEST_SIZE), image_size, pool),
      imageShape: [image_size, image_size, 3],
      checksums: { [name]: sha256 },
      close: () => pool.close(),
    };
  },
};

/** The images of the archive by their names, which are numbers. */
async function faces(path: string): Promise<ByteSource[]> {
  const entries = (await zipEntries(path)).filter(({ name }) => /\d+\.jpg$/.test(name));
  if (entries.length === 0) throw damaged(path, 'has no images such as img_align_celeba/000001.jpg');
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const source = ({ name, start, length, isDeflated, crc32 }: ZipEntry): ByteSource => ({
    path,
    member: { name, start, length, zip: { isDeflated, crc32 } },
  });
  return entries.map(source);
}

/** `image` [B, side, side, 3] bytes. */
function split(sources: readonly ByteSource[], side: number, pool: ImagePool): Split {
  return {
    length: sources.length,
    async read(indices: Int32Array): Promise<HostBatch> {
      const chosen = Array.from(indices, (index) => sources[index]!);
      const data = await pool.run({ kind: 'decode', sources: chosen, side, fit: 'crop' });
      return { image: { shape: [indices.length, side, side, 3], data } };
    },
    release: ({ image }) => pool.release(image!.data),
  };
}
