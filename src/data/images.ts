import { z } from 'zod';
import type { DatasetFacts } from './definition.js';
import { createResizer } from './resize.js';
import type { HostBatch, Split } from './types.js';

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

type ImageOptions = z.infer<z.ZodObject<typeof imageOptions>>;

/** Images of one size as bytes, with their labels. */
export interface LabelledImages {
  /** [N, H, W, C] */
  readonly pixels: Uint8Array;
  /** [N] */
  readonly labels: Uint8Array;
}

/** What is known of a set of images. */
export type ImageFacts = DatasetFacts & Required<Pick<DatasetFacts, 'imageShape'>>;

/** Applies `image_size` and `limit` to the facts of the set as it is. */
export function imageFacts(native: ImageFacts, { image_size, limit }: ImageOptions): ImageFacts {
  const [height, width, channels] = native.imageShape;
  return {
    ...native,
    imageShape: [image_size ?? height, image_size ?? width, channels],
    trainSize: Math.min(native.trainSize, limit ?? Number.POSITIVE_INFINITY),
    testSize: Math.min(native.testSize, limit ?? Number.POSITIVE_INFINITY),
  };
}

/** Bytes 0 to 255 mapped to [−1, 1]: mean 0.5 and standard deviation 0.5, as in the paper's image pipelines. */
const normalised = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/**
 * A split of images in memory: `image` [B, H', W', C] float32 in [−1, 1], `label` [B] int32. Images stay bytes;
 * they are normalised and resized as they are read.
 */
export function imageSplit(
  { pixels, labels }: LabelledImages,
  shape: readonly [number, number, number],
  { image_size, limit }: ImageOptions,
): Split {
  const [height, width, channels] = shape;
  const [newHeight, newWidth] = [image_size ?? height, image_size ?? width];
  const resize = createResizer(shape, [newHeight, newWidth], normalised);
  const bytesPerImage = height * width * channels;
  const valuesPerImage = newHeight * newWidth * channels;
  return {
    length: Math.min(labels.length, limit ?? labels.length),
    async read(indices: Int32Array): Promise<HostBatch> {
      const image = new Float32Array(indices.length * valuesPerImage);
      indices.forEach((index, i) => {
        resize(pixels, index * bytesPerImage, image, i * valuesPerImage);
      });
      return {
        image: { shape: [indices.length, newHeight, newWidth, channels], data: image },
        label: { shape: [indices.length], data: Int32Array.from(indices, (index) => labels[index]!) },
      };
    },
  };
}
