/** What worker threads do for a batch: decode images, or resize those that are in memory. */
import { createResizer } from '../resize.js';
import { ByteReader, type ByteSource, describeSource } from './bytes.js';
import { decodeImage } from './image.js';

export type Task =
  | {
      readonly kind: 'decode';
      readonly sources: readonly ByteSource[];
      readonly side: number;
      /** See `decodeImage`; stretch unless given. */
      readonly fit?: 'stretch' | 'crop';
    }
  | {
      readonly kind: 'resize';
      /** [N, H, W, C] in shared memory */
      readonly pixels: Uint8Array;
      /** [H, W, C] */
      readonly shape: readonly [number, number, number];
      readonly indices: Int32Array;
      readonly side: number;
    };

/** A task that several threads share: each takes the next image until none is left. */
export interface SharedTask {
  readonly task: Task;
  /** [B, side, side, C] in shared memory */
  readonly output: Uint8Array;
  /** Number of images taken, one element in shared memory. */
  readonly taken: Int32Array;
}

/** Images that a thread decodes at once: as many as libuv has threads for it. */
const LANES = 4;

const reader = new ByteReader();

/** JPEGs and PPM images are looked at here; libvips reads files of other formats itself. */
function encodedImage(source: ByteSource): Uint8Array | string {
  return source.member || /\.(ppm|jpe?g)$/i.test(source.path) ? reader.read(source) : source.path;
}

/**
 * Works on a task until all its images are taken. After a failure nobody takes another one.
 * @throws MissingError that names the image
 */
export async function workOn({ task, output, taken }: SharedTask): Promise<void> {
  const count = task.kind === 'decode' ? task.sources.length : task.indices.length;
  const bytesPerImage = output.length / count;
  const take = () => Atomics.add(taken, 0, 1);
  if (task.kind === 'resize') {
    const { pixels, shape, indices, side } = task;
    const resize = createResizer(shape, [side, side]);
    const sourceBytes = shape[0] * shape[1] * shape[2];
    for (let i = take(); i < count; i = take())
      resize(pixels, indices[i]! * sourceBytes, output, i * bytesPerImage);
    return;
  }
  const lane = async () => {
    for (let i = take(); i < count; i = take()) {
      const source = task.sources[i]!;
      output.set(
        await decodeImage(encodedImage(source), describeSource(source), task.side, task.fit),
        i * bytesPerImage,
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } catch (error) {
    Atomics.store(taken, 0, count);
    throw error;
  }
}
