/**
 * The order and delivery of batches. The order depends on the run's seed and the epoch alone, so that a resumed
 * run, a probe that looks ahead, and every scheduler see the same data.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { randomGenerator } from '../random.js';
import type { HostArray, HostBatch, Split } from './types.js';

export interface LoaderOptions {
  readonly batchSize: number;
  readonly seed: number;
  /**
   * Whether an epoch leaves out the last, partial batch (as training does: every step has the same batch size).
   * A split smaller than one batch is always one whole batch.
   */
  readonly dropLast: boolean;
  /** Batches to read ahead of the one asked for. */
  readonly prefetch: number;
}

export interface Loader {
  readonly stepsPerEpoch: number;
  /** The epoch of a step, from 0. */
  epochOf(step: number): number;
  /**
   * The batch of a step; steps count from 1 and go on over epochs. Any step may be asked for at any time. A batch is
   * good until two later ones, and those read ahead of them, were asked for.
   */
  get(step: number): Promise<HostBatch>;
}

/** Batches of a split in a new random order each epoch. */
export function createLoader(split: Split, options: LoaderOptions): Loader {
  const { seed, dropLast, prefetch } = options;
  const batchSize = Math.min(options.batchSize, split.length);
  const stepsPerEpoch = dropLast ? Math.floor(split.length / batchSize) : Math.ceil(split.length / batchSize);
  // The batch of the step and the next one (for probes), beside those read ahead.
  const kept = new RecentMap<number, Promise<HostBatch>>(2 + prefetch, (batch) => {
    batch.then(
      (read) => split.release?.(read),
      () => {},
    );
  });
  // An epoch and the next, where batches are read ahead.
  const orders = new RecentMap<number, Int32Array>(2);
  const epochOf = (step: number) => Math.floor((step - 1) / stepsPerEpoch);

  function indicesOf(step: number): Int32Array {
    const epoch = epochOf(step);
    const order = orders.get(epoch, () => epochOrder(split.length, seed, epoch));
    const start = (step - 1 - epoch * stepsPerEpoch) * batchSize;
    return order.subarray(start, start + batchSize);
  }

  function batchOf(step: number): Promise<HostBatch> {
    return kept.get(step, () => {
      const batch = split.read(indicesOf(step), epochOf(step));
      // A batch read ahead may never be asked for; its failure shows when it is.
      batch.catch(() => {});
      return batch;
    });
  }

  return {
    stepsPerEpoch,
    epochOf,
    get(step) {
      const batch = batchOf(step);
      // Now: a training step holds the main thread, but not the threads that decode.
      for (let ahead = 1; ahead <= prefetch; ahead++) batchOf(step + ahead);
      return batch;
    },
  };
}

/** A permutation of 0 … length − 1 (Fisher and Yates) that depends on the seed and the epoch alone. */
export function epochOrder(length: number, seed: number, epoch: number): Int32Array {
  const random = randomGenerator(seed, `data order of epoch ${epoch}`);
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const value = order[i]!;
    order[i] = order[j]!;
    order[j] = value;
  }
  return order;
}

/** Batches that are read while one is evaluated. */
const READ_AHEAD = 2;

/**
 * All of a split, each example once, in the order that suits it; the last batch may be smaller. A batch is good until
 * the next one is asked for.
 */
export async function* readBatches(
  split: Split,
  batchSize: number,
): AsyncGenerator<{ readonly indices: Int32Array; readonly batch: HostBatch }> {
  const order = split.readingOrder?.() ?? Int32Array.from({ length: split.length }, (_, i) => i);
  const reads: { readonly indices: Int32Array; readonly batch: Promise<HostBatch> }[] = [];
  for (let start = 0; start < split.length || reads.length > 0; ) {
    while (start < split.length && reads.length <= READ_AHEAD) {
      const indices = order.subarray(start, start + batchSize);
      const batch = split.read(indices);
      batch.catch(() => {}); // its failure shows in its turn
      reads.push({ indices, batch });
      start += batchSize;
    }
    const { indices, batch: reading } = reads.shift()!;
    const batch = await reading;
    yield { indices, batch };
    split.release?.(batch);
  }
}

/** Examples `start` to `end` (exclusive) of a batch, as views of its memory. */
export function sliceBatch(batch: HostBatch, start: number, end: number): HostBatch {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape, data }]): [string, HostArray] => {
      const [count = 0, ...rest] = shape;
      const valuesPerExample = data.length / count;
      const view = data.subarray(start * valuesPerExample, end * valuesPerExample);
      return [name, { shape: [Math.min(end, count) - start, ...rest], data: view }];
    }),
  );
}

/** Batches of the same fields and shapes (but for the first axis) as one. */
export function concatenateBatches(batches: readonly HostBatch[]): HostBatch {
  const [first] = batches;
  if (!first || batches.length === 1) return first ?? {};
  return Object.fromEntries(
    Object.entries(first).map(([name, { shape, data }]): [string, HostArray] => {
      const parts = batches.map((batch) => batch[name]!);
      const Kind = data.constructor as new (length: number) => HostArray['data'];
      const whole = new Kind(parts.reduce((sum, part) => sum + part.data.length, 0));
      let at = 0;
      for (const part of parts) {
        whole.set(part.data, at);
        at += part.data.length;
      }
      const count = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
      return [name, { shape: [count, ...shape.slice(1)], data: whole }];
    }),
  );
}

/** Keeps the `capacity` entries asked for last. */
class RecentMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();

  constructor(
    private readonly capacity: number,
    private readonly drop?: (value: Value) => void,
  ) {}

  get(key: Key, make: () => Value): Value {
    const value = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries;
    if (this.#entries.size > this.capacity && oldest) {
      this.#entries.delete(oldest[0]);
      this.drop?.(oldest[1]);
    }
    return value;
  }
}
