import type { HostBatch, Split } from '../data/types.js';

/** Every example of a split, in its order. */
export function readAll(split: Split): Promise<HostBatch> {
  return split.read(Int32Array.from({ length: split.length }, (_, i) => i));
}

/** Label and first pixel of every image of a split. */
export async function describeSplit(split: Split): Promise<string[]> {
  const { image, label } = await readAll(split);
  const bytes = image!.data.length / split.length;
  return Array.from(
    label!.data,
    (value, i) => `${value}: ${[...image!.data.subarray(i * bytes, i * bytes + 3)]}`,
  );
}

/** What `describeSplit` says of an image that is all of one grey level. */
export const grey = (label: number, level: number) => `${label}: ${level},${level},${level}`;
