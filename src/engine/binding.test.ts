import { afterEach, beforeAll, expect, test } from 'vitest';
import { DT, type OpListener } from './binding.js';
import { floatTensor, readFloats } from './raw.js';
import { backend, loadEngine, tf } from './tf.js';

beforeAll(() => loadEngine());
afterEach(() => loadEngine({ precision: 'float32' }));

test('float32 is the default', () => {
  expect(readFloats(floatTensor([0.1]))).toEqual(Float32Array.of(0.1));
});

test('in double precision values go in, are computed and come out with all digits', async () => {
  await loadEngine({ precision: 'float64' });
  const x = [0.1, 1 / 3, 1e-300, -12345.6789];
  expect(readFloats(floatTensor(x))).toEqual(Float64Array.from(x));
  const doubled = floatTensor(x).add(floatTensor(x));
  expect(readFloats(doubled)).toEqual(Float64Array.from(x, (value) => 2 * value));
  expect(doubled.dtype).toBe('float32'); // as tfjs knows it
  expect(readFloats(floatTensor(x, [2, 2]).transpose())).toEqual(Float64Array.of(x[0]!, x[2]!, x[1]!, x[3]!));
});

test('gradients are in double precision, integers and booleans are untouched', async () => {
  await loadEngine({ precision: 'float64' });
  const gradient = tf.grad((x) => x.square().sum())(floatTensor([1 / 3]));
  expect(readFloats(gradient)).toEqual(Float64Array.of(2 / 3));
  expect(tf.tensor1d([1, 2], 'int32').add(tf.scalar(1, 'int32')).dataSync()).toEqual(Int32Array.of(2, 3));
  expect([...floatTensor([1, 2]).greater(floatTensor(1.5)).dataSync()]).toEqual([0, 1]);
  expect(readFloats(tf.tensor1d([3], 'int32').cast('float32'))).toEqual(Float64Array.of(3));
});

test('back in float32, tensors are single precision again', async () => {
  await loadEngine({ precision: 'float64' });
  floatTensor([0.1]).square().dispose();
  await loadEngine({ precision: 'float32' });
  expect(readFloats(floatTensor([0.1]).square())).toBeInstanceOf(Float32Array);
});

test('a listener hears of tensors made, ops run and tensors read', () => {
  const heard: string[] = [];
  const listener: OpListener = {
    createdTensor: (_, shape, dtype) => heard.push(`made [${shape}] ${dtype}`),
    executedOp: (name, _, inputs, outputs) => heard.push(`${name} ${inputs.length} -> ${outputs.length}`),
    readTensor: () => heard.push('read'),
    changedVariable: () => {},
    beginFusion: () => {},
    endFusion: () => {},
  };
  backend.binding.listener = listener;
  try {
    tf.tensor1d([1, 2]).square().dataSync();
  } finally {
    backend.binding.listener = undefined;
  }
  expect(heard).toEqual([`made [2] ${DT.FLOAT}`, 'Square 1 -> 1', 'read']);
});
