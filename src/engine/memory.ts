import { tf } from './tf.js';

let peak = 0;
let held = 0;

/** Bytes that variables hold more than before, which are not to be counted. */
export function noteHeld(bytes: number): void {
  held += bytes;
}

/** Notes the bytes of all live tensors; called where most are alive: right after a pure function has run. */
export function sampleMemory(): void {
  const bytes = tf.engine().state.numBytes - held;
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
