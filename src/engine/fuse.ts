import { backend } from './tf.js';

/**
 * Runs `fn`, whose ops a recorded graph shall compile into one loop over memory (XLA's just-in-time compiler): for
 * chains of element-wise ops, broadcasts and sums, which otherwise each read and write everything. Eager runs, small
 * tensors and devices other than the CPU run the ops one by one; so do scopes with other ops in them.
 */
export function fuse<T>(fn: () => T): T {
  const { listener } = backend.binding;
  if (!listener) return fn();
  listener.beginFusion();
  try {
    return fn();
  } finally {
    listener.endFusion();
  }
}
