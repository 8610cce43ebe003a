import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compile, compileMode } from './compile.js';
import { floatTensor, readFloats } from './raw.js';
import { loadEngine, type Tensor, tf } from './tf.js';

type Inputs = { readonly w: Tensor; readonly batch: { readonly x: Tensor } };

let messages: string[];

beforeAll(() => loadEngine());
beforeEach(() => {
  messages = [];
  compileMode.report = (message) => messages.push(message);
  compileMode.decisions.clear();
});

const inputs = (size: number): Inputs => ({
  w: tf.randomNormal([3, 4], 0, 1, 'float32', 1),
  batch: { x: tf.randomNormal([size, 6, 3], 0, 1, 'float32', size) },
});

/** Rows are taken apart and put together again, so that shapes depend on the batch in several ways. */
const pass = ({ w, batch }: Inputs) => {
  const [size, length] = batch.x.shape as [number, number];
  const flat = batch.x.reshape([size * length, 3]).matMul(w); // (B·6, 3) x (3, 4)
  const grads = tf.grad((weights: Tensor) => batch.x.reshape([-1, 3]).matMul(weights).square().sum())(w);
  return {
    rows: flat
      .reshape([size, length, 4])
      .sum(1)
      .add(tf.ones([size, 4])),
    grads,
  };
};

function expectSame(
  actual: { rows: Tensor; grads: Tensor },
  expected: { rows: Tensor; grads: Tensor },
): void {
  for (const name of ['rows', 'grads'] as const) {
    expect(actual[name].shape).toEqual(expected[name].shape);
    const difference = readFloats(actual[name].sub(expected[name]).abs().max())[0]!;
    expect(difference).toBeLessThan(1e-3);
  }
}

describe('a graph recorded with a few examples', () => {
  test.each([6, 7, 64])('gives the results of an eager run with %i', (size) => {
    const run = compile('pass', pass, { batch: ({ batch }) => batch });
    for (let call = 0; call < 3; call++) {
      const given = inputs(size);
      expectSame(run(given), pass(given));
    }
    expect(messages).toEqual([expect.stringMatching(/^pass: recorded \d+ ops with a few of \d+ examples/)]);
    run.dispose();
  });

  test('needs no eager run of the whole batch', () => {
    let largest = 0;
    const watched = (given: Inputs) => {
      largest = Math.max(largest, given.batch.x.shape[0]!);
      return pass(given);
    };
    const run = compile('pass', watched, { batch: ({ batch }) => batch });
    for (let call = 0; call < 3; call++) run(inputs(40));
    expect(largest).toBeLessThan(40);
    run.dispose();
  });

  test.each<[string, (given: Inputs) => Tensor]>([
    ['a mean', ({ batch }) => batch.x.mul(floatTensor(1 / batch.x.shape[0]!)).sum()],
    [
      'a square',
      ({ batch }) =>
        tf
          .ones([batch.x.shape[0]! ** 2])
          .sum()
          .mul(batch.x.sum()),
    ],
    ['a branch', ({ batch }) => (batch.x.shape[0]! > 2 ? batch.x.sum() : batch.x.max())],
  ])('is not derived where it depends on the size as %s', (_, fn) => {
    const run = compile('odd', (given: Inputs) => ({ value: fn(given) }), { batch: ({ batch }) => batch });
    for (let call = 0; call < 3; call++) {
      const given = inputs(12);
      const expected = readFloats(fn(given))[0]!;
      expect(readFloats(run(given).value)[0]!).toBeCloseTo(expected, 3);
    }
    expect(messages[0] ?? '').toMatch(/the whole batch is recorded|differ/);
    run.dispose();
  });

  test('a number that changes from call to call is found', () => {
    let factor = 1;
    const fn = ({ batch }: Inputs) => ({ value: batch.x.sum().mul(factor) });
    const run = compile('frozen', fn, { batch: ({ batch }) => batch });
    const given = inputs(12);
    for (factor = 1; factor < 4; factor++) {
      expect(readFloats(run(given).value)[0]!).toBeCloseTo(factor * readFloats(given.batch.x.sum())[0]!, 3);
    }
    expect(messages.at(-1)).toMatch(/running eagerly/);
    run.dispose();
  });

  test('leaks no tensors', () => {
    const run = compile('pass', pass, { batch: ({ batch }) => batch });
    const given = inputs(16);
    const call = () => {
      const { rows, grads } = run(given);
      rows.dispose();
      grads.dispose();
    };
    const before = tf.memory().numTensors;
    for (let i = 0; i < 10; i++) call();
    expect(tf.memory().numTensors).toBe(before);
    run.dispose();
  });
});
