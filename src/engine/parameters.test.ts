import { beforeAll, expect, test } from 'vitest';
import { assignAll, disposeAll, Parameter, readAll, Variable } from './parameters.js';
import { floatTensor, readFloats } from './raw.js';
import { loadEngine, type Tensor, tf } from './tf.js';

beforeAll(() => loadEngine());

const values = (tensor: Tensor) => [...readFloats(tensor)];
const parameter = (...numbers: number[]) =>
  new Parameter('w', { shape: [numbers.length], values: Float64Array.from(numbers) }, true);

test('a variable starts from its initial value and takes others', () => {
  const initial = tf.tensor1d([1, 2]);
  const variable = new Variable(initial);
  expect(values(initial)).toEqual([1, 2]); // still the caller's
  expect(values(variable.read())).toEqual([1, 2]);
  variable.assign(tf.tensor1d([3, 4]));
  expect(values(variable.read())).toEqual([3, 4]);
  variable.dispose();
});

test('a tensor read earlier keeps its values when the variable takes others', () => {
  const variable = new Variable(tf.tensor1d([1, 2]));
  const snapshot = variable.read();
  const next = tf.tensor1d([0, 0]);
  variable.assign(next);
  next.dispose();
  expect(values(variable.read())).toEqual([0, 0]);
  expect(values(snapshot)).toEqual([1, 2]);
  variable.dispose();
  expect(values(snapshot)).toEqual([1, 2]);
  expect(() => variable.read()).toThrow('before it had a value');
});

test('two variables do not share their state', () => {
  const [a, b] = [new Variable(tf.scalar(1)), new Variable(tf.scalar(2))];
  a.assign(tf.scalar(3));
  expect([values(a.read()), values(b.read())]).toEqual([[3], [2]]);
  a.dispose();
  b.dispose();
});

test('variables survive tf.tidy, and leave nothing behind', () => {
  const live = tf.memory().numTensors;
  tf.engine().startScope();
  const made = parameter(1, 2, 3);
  disposeAll(readAll([made]));
  tf.engine().endScope();
  expect([made.shape, made.size]).toEqual([[3], 3]);
  const [value] = readAll([made]);
  expect(values(value!)).toEqual([1, 2, 3]);
  value!.dispose();
  made.dispose();
  expect(tf.memory().numTensors).toBe(live);
});

test('assignAll sets all, in order, and refuses another number of tensors', () => {
  const list = [parameter(1), parameter(2)];
  assignAll(list, [tf.tensor1d([5]), tf.tensor1d([6])]);
  expect(readAll(list).map(values)).toEqual([[5], [6]]);
  expect(() => assignAll(list, [tf.tensor1d([5])])).toThrow('1 tensors given for 2 parameters');
  for (const one of list) one.dispose();
});

test('in double precision a parameter keeps all digits', async () => {
  await loadEngine({ precision: 'float64' });
  try {
    const one = parameter(0.1, 1 / 3);
    expect(values(readAll([one])[0]!)).toEqual([0.1, 1 / 3]);
    one.variable.assign(floatTensor([1e-300, 2 / 3]));
    expect(values(readAll([one])[0]!)).toEqual([1e-300, 2 / 3]);
    one.dispose();
  } finally {
    await loadEngine({ precision: 'float32' });
  }
});
