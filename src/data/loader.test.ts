import { describe, expect, test } from 'vitest';
import { createLoader, epochOrder, readBatches, sliceBatch } from './loader.js';
import type { HostBatch, Split } from './types.js';

/** A split whose example i is [i, −i]; it notes what it was asked for. */
function numbers(length: number): Split & { reads: number[][] } {
  const reads: number[][] = [];
  return {
    length,
    reads,
    async read(indices) {
      reads.push([...indices]);
      const data = Float32Array.from([...indices].flatMap((i) => [i, -i]));
      return { x: { shape: [indices.length, 2], data } };
    },
  };
}

const ids = ({ x }: HostBatch) => [...x!.data].filter((_, i) => i % 2 === 0);
const options = { batchSize: 4, seed: 0, dropLast: true, prefetch: 0 };
const sorted = (values: number[]) => [...values].sort((a, b) => a - b);

describe('an epoch', () => {
  test('gives every example once, in an order of its own', () => {
    const orders = [0, 1, 2].map((epoch) => [...epochOrder(100, 7, epoch)]);
    for (const order of orders) expect(sorted(order)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(new Set(orders.map(String)).size).toBe(3);
    expect([...epochOrder(100, 8, 0)]).not.toEqual(orders[0]);
    expect([...epochOrder(100, 7, 0)]).toEqual(orders[0]);
  });

  test('keeps its order from version to version', () => {
    expect([...epochOrder(10, 0, 0)]).toEqual([3, 6, 8, 4, 9, 5, 2, 7, 0, 1]);
  });

  test('puts every example everywhere equally often', () => {
    const counts = new Float64Array(25);
    const trials = 4000;
    for (let seed = 0; seed < trials; seed++) {
      for (const [position, value] of epochOrder(5, seed, 0).entries()) counts[value * 5 + position]!++;
    }
    // Chi-square with 16 degrees of freedom: above 39.3 once in a thousand.
    const chiSquare = counts.reduce((sum, n) => sum + (n - trials / 5) ** 2 / (trials / 5), 0);
    expect(chiSquare).toBeLessThan(39.3);
  });
});

describe('a loader', () => {
  test('leaves out the last, partial batch or keeps it', async () => {
    const dropping = createLoader(numbers(10), options);
    expect(dropping.stepsPerEpoch).toBe(2);
    expect([1, 2, 3, 4, 5].map(dropping.epochOf)).toEqual([0, 0, 1, 1, 2]);
    const keeping = createLoader(numbers(10), { ...options, dropLast: false });
    expect(keeping.stepsPerEpoch).toBe(3);
    const epoch = (await Promise.all([1, 2, 3].map((step) => keeping.get(step)))).map(ids);
    expect(epoch.map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(sorted(epoch.flat())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(ids(await keeping.get(4))).toEqual([...epochOrder(10, 0, 1).subarray(0, 4)]);
  });

  test('makes one batch of a split that is smaller than one', async () => {
    const loader = createLoader(numbers(3), options);
    expect(loader.stepsPerEpoch).toBe(1);
    expect(sorted(ids(await loader.get(2)))).toEqual([0, 1, 2]);
  });

  test('gives the same batches whatever is asked for, in whatever order', async () => {
    const inOrder = createLoader(numbers(10), options);
    const straight: number[][] = [];
    for (let step = 1; step <= 6; step++) straight.push(ids(await inOrder.get(step)));
    const resumed = createLoader(numbers(10), { ...options, prefetch: 3 });
    for (const step of [6, 2, 3, 2, 5, 1, 4]) {
      expect(ids(await resumed.get(step))).toEqual(straight[step - 1]);
    }
  });

  test('reads each batch once where each step looks one ahead', async () => {
    const split = numbers(40);
    const loader = createLoader(split, { ...options, prefetch: 1 });
    for (let step = 1; step <= 10; step++) {
      await loader.get(step);
      await loader.get(step + 1);
      await loader.get(step);
    }
    expect(split.reads.length).toBeLessThanOrEqual(12);
    expect(new Set(split.reads.map(String)).size).toBe(split.reads.length);
  });

  test('reads ahead at once, the batch that is asked for first', () => {
    const split = numbers(40);
    createLoader(split, { ...options, prefetch: 2 }).get(1);
    expect(split.reads).toEqual([0, 1, 2].map((i) => [...epochOrder(40, 0, 0).subarray(4 * i, 4 * i + 4)]));
  });

  test('gives back batches that are no longer in use, each once, never that of the step or the next', async () => {
    const released: number[][] = [];
    const split: Split = { ...numbers(80), release: (batch) => released.push(ids(batch)) };
    const loader = createLoader(split, { ...options, prefetch: 1 });
    const given: number[][] = [];
    for (let step = 1; step <= 12; step++) {
      given.push(ids(await loader.get(step)));
      const next = ids(await loader.get(step + 1));
      for (const inUse of [given.at(-1)!, next]) expect(released).not.toContainEqual(inUse);
    }
    await Promise.resolve();
    expect(released).toEqual(given.slice(0, 11));
  });

  test('reports a failed read to who asks for that batch', async () => {
    const split = numbers(8);
    const read = split.read;
    split.read = (indices) => (split.reads.length ? Promise.reject(new Error('disk')) : read(indices));
    const loader = createLoader(split, { ...options, prefetch: 1 });
    await loader.get(1);
    await expect(loader.get(2)).rejects.toThrow('disk');
  });
});

test('evaluation goes through a split in its own order, or the one that suits it', async () => {
  const orderOf = async (split: Split) => {
    const batches: number[][] = [];
    for await (const { indices, batch } of readBatches(split, 2)) {
      expect(ids(batch)).toEqual([...indices]);
      batches.push([...indices]);
    }
    return batches;
  };
  expect(await orderOf(numbers(5))).toEqual([[0, 1], [2, 3], [4]]);
  const released: number[][] = [];
  for await (const { batch } of readBatches(
    { ...numbers(5), release: (given) => released.push(ids(given)) },
    2,
  )) {
    expect(released).not.toContainEqual(ids(batch));
  }
  expect(released).toEqual([[0, 1], [2, 3], [4]]);
  const readingOrder = () => Int32Array.of(4, 0, 3, 1, 2);
  expect(await orderOf({ ...numbers(5), readingOrder })).toEqual([[4, 0], [3, 1], [2]]);
});

test('a slice of a batch shares its memory', async () => {
  const batch = await numbers(5).read(Int32Array.of(0, 1, 2, 3, 4));
  const slice = sliceBatch(batch, 3, 6);
  expect(slice.x!.shape).toEqual([2, 2]);
  expect([...slice.x!.data]).toEqual([3, -3, 4, -4]);
  expect(slice.x!.data.buffer).toBe(batch.x!.data.buffer);
});
