import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, type Precision, type Tensor, tf } from '../engine/tf.js';

interface StoredTensor {
  readonly shape: number[];
  readonly values: number[];
}

interface OpCase<Attributes> {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: Readonly<Record<string, StoredTensor>>;
  readonly upstream: StoredTensor;
  readonly output: StoredTensor;
  /** Further outputs. */
  readonly extra: Readonly<Record<string, StoredTensor>>;
  /** Of sum(output · upstream), by input. */
  readonly gradients: Readonly<Record<string, StoredTensor>>;
}

/** PyTorch's results for an op, one case each; made by scripts/oracles/ops.py. */
export function pytorchCases<Attributes>(op: string): (readonly [string, OpCase<Attributes>])[] {
  const { cases } = JSON.parse(
    readFileSync(new URL('../engine/testdata/ops.json', import.meta.url), 'utf8'),
  ) as { cases: OpCase<Attributes>[] };
  const own = cases.filter((one) => one.op === op);
  return own.map((one) => {
    const shapes = Object.entries(one.inputs).map(([name, { shape }]) => `${name} [${shape}]`);
    return [`${shapes.join(', ')} ${JSON.stringify(one.attributes)}`, one] as const;
  });
}

export type Inputs = Record<string, Tensor>;

/** Inputs as tensors: `labels` and `ids` are int32, all else is float. */
function tensors(inputs: Readonly<Record<string, StoredTensor>>): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [
      name,
      ['labels', 'ids'].includes(name) ? tf.tensor(values, shape, 'int32') : floatTensor(values, shape),
    ]),
  );
}

/** Largest difference between a tensor and numbers, against the largest number. */
export function relativeError(actual: Tensor | ArrayLike<number>, expected: ArrayLike<number>): number {
  const values = 'dataId' in actual ? readFloats(actual) : actual;
  expect(values.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs), 1e-30);
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - values[i]!))) / largest;
}

function gradients(fn: (inputs: Inputs) => Tensor, inputs: Inputs, names: string[], upstream: Tensor) {
  const compute = tf.grads((...values: Tensor[]) =>
    fn({ ...inputs, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) }),
  );
  return compute(
    names.map((name) => inputs[name]!),
    upstream,
  );
}

/** Output and gradients of `fn` against PyTorch's, in float32 and in double precision. */
export async function expectLikePytorch<A>(
  given: OpCase<A>,
  fn: (inputs: Inputs) => Tensor,
  tolerance = 1e-5,
): Promise<void> {
  await loadEngine({ precision: 'float64' });
  try {
    compareWithPytorch(given, fn, 1e-7); // the file has nine digits
  } finally {
    await loadEngine({ precision: 'float32' });
  }
  compareWithPytorch(given, fn, tolerance);
}

function compareWithPytorch<A>(given: OpCase<A>, fn: (inputs: Inputs) => Tensor, tolerance: number): void {
  tf.tidy(() => {
    const inputs = tensors(given.inputs);
    const output = fn(inputs);
    expect(output.shape).toEqual(given.output.shape);
    expect(relativeError(output, given.output.values), 'output').toBeLessThan(tolerance);
    const names = Object.keys(given.gradients);
    const upstream = floatTensor(given.upstream.values, given.upstream.shape);
    gradients(fn, inputs, names, upstream).forEach((gradient, i) => {
      const { shape, values } = given.gradients[names[i]!]!;
      expect(gradient.shape).toEqual(shape);
      expect(relativeError(gradient, values), `gradient of ${names[i]}`).toBeLessThan(tolerance);
    });
  });
}

/** Step and allowed relative error: in float32 rounding leaves three digits of a difference. */
const DIFFERENCES = {
  float64: { step: 1e-5, tolerance: 1e-7 },
  float32: { step: 1e-2, tolerance: 5e-3 },
} as const;

/** Gradients of `fn` against central finite differences of the function itself. */
export async function expectLikeFiniteDifferences<A>(
  given: OpCase<A>,
  fn: (inputs: Inputs) => Tensor,
  precision: Exclude<Precision, 'bf16'> = 'float64',
): Promise<void> {
  const { step, tolerance } = DIFFERENCES[precision];
  await loadEngine({ precision });
  try {
    tf.tidy(() => {
      const inputs = tensors(given.inputs);
      const names = Object.keys(given.gradients);
      const upstream = floatTensor(given.upstream.values, given.upstream.shape);
      const analytic = gradients(fn, inputs, names, upstream);
      names.forEach((name, i) => {
        const { shape, values } = given.inputs[name]!;
        const at = (index: number, shift: number) => {
          const moved = values.with(index, values[index]! + shift);
          const output = tf.tidy(() => fn({ ...inputs, [name]: floatTensor(moved, shape) }));
          return Float64Array.from(readFloats(output)).reduce(
            (sum, y, j) => sum + y * given.upstream.values[j]!,
            0,
          );
        };
        const numeric = values.map((_, index) => (at(index, step) - at(index, -step)) / (2 * step));
        expect(relativeError(analytic[i]!, numeric), `gradient of ${name}`).toBeLessThan(tolerance);
      });
    });
  } finally {
    await loadEngine({ precision: 'float32' });
  }
}
