import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, tf } from '../engine/tf.js';
import { Scope } from './layers/scope.js';
import { functions } from './registry.js';
import type { Model } from './types.js';

beforeAll(() => loadEngine({ precision: 'float64' }));

let model: Model | undefined;
afterEach(() => model?.dispose());

const at = (name: keyof typeof functions, start?: [number, number]) => {
  const definition = functions[name];
  model = definition.create(definition.options.parse(start ? { start } : {}), { seed: 0 });
  return model;
};

/** The formulas in plain numbers. */
const formulas = {
  rosenbrock: (x: number, y: number) => 100 * (y - x ** 2) ** 2 + (1 - x) ** 2,
  beale: (x: number, y: number) =>
    (1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2,
};

function evaluate(of: Model) {
  return tf.tidy(() => {
    const values = readAll(of.parameters);
    const loss = of.forward(new Scope(of.parameters, values, { training: true }), {});
    expect(loss.shape).toEqual([1]);
    return readFloats(loss)[0]!;
  });
}

describe.each(['rosenbrock', 'beale'] as const)('%s', (name) => {
  test.each([
    [0.3, -0.7],
    [-1.2, 1],
    [1 / 3, 0.1],
  ])('at (%d, %d) is the formula in double precision', (x, y) => {
    const expected = formulas[name](x, y);
    expect(Math.abs(evaluate(at(name, [x, y])) / expected - 1)).toBeLessThan(1e-15 * 8);
  });

  test('has the gradient of finite differences', () => {
    const [x, y] = [0.3, -0.7];
    const current = at(name, [x, y]);
    const gradients = tf.tidy(() =>
      tf
        .grads((x1, x2) =>
          current.forward(new Scope(current.parameters, [x1!, x2!], { training: true }), {}),
        )([floatTensor(x), floatTensor(y)])
        .map((gradient) => readFloats(gradient)[0]!),
    );
    const step = 1e-6;
    const f = formulas[name];
    const numeric = [
      (f(x + step, y) - f(x - step, y)) / (2 * step),
      (f(x, y + step) - f(x, y - step)) / (2 * step),
    ];
    gradients.forEach((gradient, i) => {
      expect(Math.abs(gradient / numeric[i]! - 1)).toBeLessThan(1e-7);
    });
  });
});

test('the minima are exact zeros', () => {
  expect(evaluate(at('rosenbrock', [1, 1]))).toBe(0);
  model?.dispose();
  expect(evaluate(at('beale', [3, 0.5]))).toBe(0);
});

test('parameters are x1 and x2, and start where documented', () => {
  const { parameters } = at('rosenbrock');
  expect(parameters.map(({ name, shape }) => [name, shape])).toEqual([
    ['x1', []],
    ['x2', []],
  ]);
  expect(readAll(parameters).map((value) => readFloats(value)[0])).toEqual([-1.2, 1]);
  model?.dispose();
  expect(readAll(at('beale').parameters).map((value) => readFloats(value)[0])).toEqual([-2, -1.5]);
});
