import { floatTensor } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import { pixelsToFloats } from './pixels.js';
import type { HostBatch } from './types.js';

/** A batch as a model takes it: whole numbers as int32, pixels and floats as float32. The caller disposes them. */
export function batchTensors(batch: HostBatch): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape, data }]) => [
      name,
      data instanceof Int32Array
        ? tf.tensor(data, [...shape], 'int32')
        : floatTensor(data instanceof Uint8Array ? pixelsToFloats(data) : data, [...shape]),
    ]),
  );
}
