import { tf } from './tf.js';

let peak = 0;

/** Notes the bytes of all live tensors; called where most are alive: right after a pure function has run. */
export function sampleMemory(): void {
  const bytes = tf.engine().state.numBytes;
  if (bytes > peak) peak = bytes;
}

/**
 * Largest sum of live tensors' bytes since the last call. Covers what lies between graph runs (weights' snapshots,
 * gradients, batches); not the buffers inside a graph run, nor the variables themselves.
 */
export function takePeakTensorBytes(): number {
  const bytes = peak;
  peak = 0;
  return bytes;
}
