import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSharp } from '../data/decode/image.js';
import { pixelsToFloats } from '../data/pixels.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { tf } from '../engine/tf.js';
import { Scope } from '../models/layers/scope.js';
import type { GenerativeModel } from '../models/types.js';
import { normals, randomGenerator } from '../random.js';
import type { EvaluationContext } from './task.js';

/** Images in a row and in a column; the tutorial's. */
const SIDE = 8;
const COUNT = SIDE * SIDE;
/** Pixels around every image. */
const PADDING = 2;

/** Folder of the grids in a run's directory: `real.png` and `step-000500.png`. */
const SAMPLES = 'samples';

/**
 * Writes 64 generated images as one PNG, always from the same latents, and once as many real ones beside it. The
 * generator runs in training mode with the batch's own statistics, as in the tutorial.
 */
export async function writeSampleGrids(
  model: GenerativeModel,
  { weights, split, step, directory }: EvaluationContext,
): Promise<void> {
  if (directory === undefined) return;
  const folder = join(directory, SAMPLES);
  mkdirSync(folder, { recursive: true });
  const latents = normals(randomGenerator(0, 'latents of the sample grids'), COUNT * model.latentSize, 1);
  const images = tf.tidy(() => {
    const scope = new Scope([...model.parameters, ...model.statistics], weights, {
      training: true,
      trackStatistics: false,
    });
    return model.generate(scope, floatTensor(latents, [COUNT, model.latentSize]));
  });
  const shape = images.shape as [number, number, number, number];
  const generated = readFloats(images);
  images.dispose();
  await writeGrid(join(folder, `step-${String(step).padStart(6, '0')}.png`), generated, shape);
  const count = Math.min(COUNT, split.length);
  const { image } = await split.read(Int32Array.from({ length: count }, (_, i) => i));
  const { data } = image!;
  const real = data instanceof Uint8Array ? pixelsToFloats(data) : data;
  await writeGrid(join(folder, 'real.png'), real, [count, ...shape.slice(1)] as typeof shape);
}

/** @param values [N, H, W, C] in [−1, 1], C 1 or 3 */
async function writeGrid(
  path: string,
  values: ArrayLike<number>,
  [count, height, width, channels]: readonly [number, number, number, number],
): Promise<void> {
  const gridWidth = SIDE * (width + PADDING) + PADDING;
  const gridHeight = Math.ceil(count / SIDE) * (height + PADDING) + PADDING;
  const pixels = new Uint8Array(gridWidth * gridHeight * channels);
  for (let i = 0; i < count; i++) {
    const top = PADDING + Math.floor(i / SIDE) * (height + PADDING);
    const left = PADDING + (i % SIDE) * (width + PADDING);
    for (let y = 0; y < height; y++) {
      const row = ((top + y) * gridWidth + left) * channels;
      const source = (i * height + y) * width * channels;
      for (let j = 0; j < width * channels; j++) {
        pixels[row + j] = Math.round((Math.min(Math.max(values[source + j]!, -1), 1) + 1) * 127.5);
      }
    }
  }
  const sharp = await loadSharp();
  await sharp(pixels, { raw: { width: gridWidth, height: gridHeight, channels: channels as 1 | 3 } }).toFile(
    path,
  );
}
