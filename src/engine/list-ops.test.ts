import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { compileMode } from './compile-mode.js';
import { adam, along, combine, momentum, type Replacement, slope, type TensorList } from './list-ops.js';
import { disposeAll } from './parameters.js';
import { floatTensor, rawOp1, readFloats } from './raw.js';
import { backend, loadEngine, type Precision, type Tensor, tf } from './tf.js';

beforeAll(() => loadEngine());
afterEach(() => {
  vi.restoreAllMocks();
  compileMode.report = () => {};
});

/** Odd sizes, one that several threads share, nothing at all, a scalar. */
const SHAPES = [[3, 5], [700, 411], [0], [], [1023]];
/** Results of more than 16 MB, which are written past the caches where they are not in place. */
const LARGE = [[2100, 2100], [7]];

function list(seed: number, shapes: number[][] = SHAPES): Tensor[] {
  let state = seed;
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
  return shapes.map((shape) =>
    floatTensor(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next), shape),
  );
}

const squares = (tensors: readonly Tensor[]) => tensors.map((tensor) => tensor.square());

/** What the op makes in TensorFlow's own ops, as on a GPU. */
function asOnGpu<T>(action: () => T): T {
  const device = vi.spyOn(backend.binding, 'isUsingGpuDevice').mockReturnValue(true);
  try {
    return action();
  } finally {
    device.mockRestore();
  }
}

function expectClose(found: readonly Tensor[], wanted: readonly Tensor[], tolerance: number): void {
  expect(found.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
  found.forEach((tensor, i) => {
    const expected = readFloats(wanted[i]!);
    let worst = 0;
    readFloats(tensor).forEach((value, k) => {
      worst = Math.max(worst, Math.abs(value - expected[k]!));
    });
    expect(worst).toBeLessThanOrEqual(tolerance);
  });
}

const replacements = {
  momentum: (make: typeof list, shapes?: number[][]) =>
    ({
      op: momentum,
      old: [make(1, shapes), make(2, shapes)],
      scalars: { a: 0.3, momentum: 0.9, share: 0.7, decay: 0.01, ofBuffer: 0.9, ofGradient: 1 },
    }) as const,
  adam: (make: typeof list, shapes?: number[][]) =>
    ({
      op: adam,
      old: [make(1, shapes), make(2, shapes), squares(make(3, shapes))],
      scalars: {
        ...{ a: 0.1, beta1: 0.9, share1: 0.1, beta2: 0.99, share2: 0.02, eps: 0.03, kept: 0.98, decay: 0.05 },
      },
    }) as const,
  combine: (make: typeof list, shapes?: number[][]) =>
    ({ op: combine, old: [make(1, shapes)], scalars: { a: 0.25, b: -3 } }) as const,
};

const run = (
  { op, scalars }: { op: unknown; scalars: Readonly<Record<string, number>> },
  old: readonly TensorList[],
  other: TensorList,
) => (op as Replacement<string>)(old, other, scalars);

/** The same values in the same memory, held once more. */
const held = (lists: readonly TensorList[]) =>
  lists.map((tensors) => tensors.map((tensor) => tensor.clone()));

const precisions: [Precision, number][] = [
  ['float32', 2e-6],
  ['float64', 1e-14],
];

describe.each(precisions)('in %s', (precision, tolerance) => {
  beforeAll(async () => {
    await loadEngine({ precision });
    return async () => {
      await loadEngine({ precision: 'float32' });
    };
  });

  test.each(Object.entries(replacements))('%s gives the numbers of its rule', (_, make) => {
    for (const shapes of precision === 'float32' ? [SHAPES, LARGE] : [SHAPES]) {
      const g = list(9, shapes);
      const made = make(list, shapes);
      const wanted = asOnGpu(() => run(made, held(made.old), g));
      const kept = made.old.map((tensors) => tensors.map((tensor) => [...readFloats(tensor).slice(0, 20)]));
      const found = run(made, held(made.old), g);
      wanted.forEach((tensors, i) => {
        expectClose(found[i]!, tensors, tolerance);
      });
      // the old values are still held here, so they stay
      expect(made.old.map((tensors) => tensors.map((t) => [...readFloats(t).slice(0, 20)]))).toEqual(kept);
      // and in place the same numbers come out, to the last bit
      const again = run(made, made.old, g);
      again.forEach((tensors, i) => {
        expectClose(tensors, found[i]!, 0);
      });
      for (const tensors of [wanted, found, again].flat()) disposeAll(tensors);
      disposeAll(g);
    }
  });

  test('points of a line and the slope along it', () => {
    const [from, to, g] = [list(1), list(2), list(3)];
    expectClose(
      along(from, to, -1.5),
      asOnGpu(() => along(from, to, -1.5)),
      tolerance,
    );
    let sum = 0;
    from.forEach((tensor, i) => {
      const [a, b, c] = [tensor, to[i]!, g[i]!].map(readFloats) as [Float64Array, Float64Array, Float64Array];
      a.forEach((value, k) => {
        sum += (value - b[k]!) * c[k]!;
      });
    });
    expect(slope(from, to, g) / sum).toBeCloseTo(1, precision === 'float64' ? 12 : 5);
    expect(asOnGpu(() => slope(from, to, g)) / sum).toBeCloseTo(1, precision === 'float64' ? 12 : 4);
  });
});

test('a tensor that shares the memory of an old value keeps its numbers', () => {
  const w = list(1);
  const [second] = [w[1]!];
  const before = [...readFloats(second).slice(0, 411)];
  // TensorFlow gives both without a copy
  const alias = rawOp1('Identity', [second], { T: { type: 'float32' } });
  const row = second.slice([0, 0], [1, 411]);
  const made = combine([w], list(2), { a: 0, b: 1 });
  expect([...readFloats(alias).slice(0, 411)]).toEqual(before);
  expect([...readFloats(row)]).toEqual(before);
  expectClose(made[0]!, list(2), 0);
});

test('lists that do not match are refused, and nothing is left over for the next op', () => {
  const zeros = (length: number) => tf.zeros([length]);
  const scalars = { a: 1, b: 2 };
  expect(() => combine([[zeros(3)]], [zeros(4)], scalars)).toThrow('differ in their shapes');
  expect(() => combine([[zeros(3), zeros(3)]], [zeros(3)], scalars)).toThrow('other lists were taken');
  const [sums] = combine([[zeros(3)]], [tf.ones([3])], scalars);
  expect([...readFloats(sums![0]!)]).toEqual([2, 2, 2]);
});

test('on a GPU it says under --verbose that the ops are TensorFlow’s', () => {
  const said: string[] = [];
  compileMode.report = (message) => said.push(message);
  asOnGpu(() => along(list(1), list(2), 1));
  expect(said.join()).toMatch(/TensorFlow's own ops, because the device is a GPU/);
});
