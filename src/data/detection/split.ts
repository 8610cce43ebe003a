import { z } from 'zod';
import { randomGenerator } from '../../random.js';
import type { HostBatch, Split } from '../types.js';
import { type CollateOptions, collate } from './collate.js';
import type { DetectionExample } from './example.js';

/** A split whose images can be had as they are, beside the resized batches of `read`. */
export interface DetectionSplit extends Split {
  example(index: number): Promise<DetectionExample>;
  /** How images are resized. */
  readonly collating: CollateOptions;
}

/** Options of every set of images with objects. */
export const detectionOptions = (size: { readonly min: number; readonly max: number }) => ({
  min_size: z
    .int()
    .min(16)
    .max(2048)
    .default(size.min)
    .describe('what the shorter side of images is resized to'),
  max_size: z.int().min(16).max(4096).default(size.max).describe('what the longer side must not exceed'),
  size_divisible: z
    .int()
    .multipleOf(32)
    .min(32)
    .max(1024)
    .default(32)
    .describe('sides of padded batches are multiples of this; larger: fewer graphs to record'),
  limit: z.int().min(1).nullable().default(null).describe('use only the first n training and test examples'),
});

type DetectionOptions = z.infer<z.ZodObject<ReturnType<typeof detectionOptions>>>;

/** What the options of a detection set say of resizing. */
export function collating({ min_size, max_size, size_divisible }: DetectionOptions): CollateOptions {
  return { minSize: min_size, maxSize: max_size, sizeDivisible: size_divisible };
}

/**
 * A split of `length` examples. In training, where the epoch is known, half of the images are mirrored left to right,
 * others in every epoch.
 *
 * @param seed of the run, for the mirroring
 */
export function detectionSplit(
  length: number,
  example: (index: number) => Promise<DetectionExample>,
  options: DetectionOptions,
  seed: number,
): DetectionSplit {
  const resize = collating(options);
  return {
    length: Math.min(length, options.limit ?? length),
    example,
    collating: resize,
    async read(indices, epoch): Promise<HostBatch> {
      const examples = await Promise.all(Array.from(indices, example));
      const mirrored = Array.from(indices, (index) => epoch !== undefined && isMirrored(seed, epoch, index));
      return collate(examples, resize, mirrored);
    },
  };
}

/** A fair coin that depends on the seed, the epoch and the image alone. */
function isMirrored(seed: number, epoch: number, index: number): boolean {
  return randomGenerator(seed, `mirroring of image ${index} in epoch ${epoch}`).next() % 2 !== 0;
}
