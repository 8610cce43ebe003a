/** Image sets that fit into memory: bytes, gathered as they are or resized by worker threads. */
import { z } from 'zod';
import { ImagePool } from './decode/pool.js';
import type { DatasetFacts } from './definition.js';
import type { Dataset, HostBatch, Split } from './types.js';

/** Options that every image set has. */
export const imageOptions = {
  image_size: z
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .describe('side of the square that images are resized to (bilinear); null: their own size'),
  limit: z.int().min(1).nullable().default(null).describe('use only the first n training and test examples'),
};

export interface ImageOptions {
  readonly image_size: number | null;
  readonly limit: number | null;
}

/** Images of one size as bytes, with their labels. */
export interface LabelledImages {
  /** [N, H, W, C] */
  readonly pixels: Uint8Array;
  /** [N] */
  readonly labels: Uint8Array;
}

/** Facts of a set of images as it is. */
export type ImageFacts = DatasetFacts & Required<Pick<DatasetFacts, 'imageShape' | 'numClasses'>>;

/** Applies `image_size` and `limit` to the facts of the set as it is. */
export function imageFacts(native: ImageFacts, { image_size, limit }: ImageOptions): ImageFacts {
  const [height, width, channels] = native.imageShape;
  const limited = (size: number | undefined) => size && Math.min(size, limit ?? size);
  return {
    ...native,
    imageShape: [image_size ?? height, image_size ?? width, channels],
    trainSize: limited(native.trainSize),
    testSize: limited(native.testSize),
  };
}

/** A data set whose images are all in memory. */
export function imagesInMemory(
  name: string,
  native: ImageFacts,
  { train, test }: { readonly train: LabelledImages; readonly test: LabelledImages },
  options: ImageOptions,
  checksums: Readonly<Record<string, string>>,
): Dataset {
  const { imageShape, numClasses } = imageFacts(native, options);
  const pool = new ImagePool();
  return {
    name,
    train: imageSplit(train, native.imageShape, options, pool),
    test: imageSplit(test, native.imageShape, options, pool),
    numClasses,
    imageShape,
    checksums,
    close: () => pool.close(),
  };
}

/** `image` [B, H', W', C] bytes, `label` [B] int32. */
function imageSplit(
  { pixels, labels }: LabelledImages,
  shape: readonly [number, number, number],
  { image_size, limit }: ImageOptions,
  pool: ImagePool,
): Split {
  const [height, width, channels] = shape;
  const bytesPerImage = height * width * channels;
  const isResized = image_size !== null && (image_size !== height || image_size !== width);
  const shared = isResized ? inSharedMemory(pixels) : pixels;
  return {
    length: Math.min(labels.length, limit ?? labels.length),
    async read(indices: Int32Array): Promise<HostBatch> {
      const newShape = isResized ? [image_size, image_size, channels] : shape;
      const data = isResized
        ? await pool.run({ kind: 'resize', pixels: shared, shape, indices, side: image_size })
        : gather(pixels, bytesPerImage, indices);
      return {
        image: { shape: [indices.length, ...newShape], data },
        label: { shape: [indices.length], data: Int32Array.from(indices, (index) => labels[index]!) },
      };
    },
    release: ({ image }) => pool.release(image!.data),
  };
}

function gather(pixels: Uint8Array, bytesPerImage: number, indices: Int32Array): Uint8Array {
  const data = new Uint8Array(indices.length * bytesPerImage);
  indices.forEach((index, i) => {
    data.set(pixels.subarray(index * bytesPerImage, (index + 1) * bytesPerImage), i * bytesPerImage);
  });
  return data;
}

/** A copy that worker threads see without further copies. */
function inSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
