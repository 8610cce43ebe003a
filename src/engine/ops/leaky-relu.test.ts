import { beforeAll, expect, test } from 'vitest';
import { floatTensor, readFloats } from '../raw.js';
import { loadEngine, tf } from '../tf.js';
import { leakyRelu } from './leaky-relu.js';

beforeAll(() => loadEngine());

test('leakyRelu and its gradient by hand', () => {
  tf.tidy(() => {
    const x = floatTensor([-2, -0.5, 0.5, 3], [2, 2]);
    expect([...readFloats(leakyRelu(x, 0.25))]).toEqual([-0.5, -0.125, 0.5, 3]);
    const gradient = tf.grad((tensor) => leakyRelu(tensor, 0.25))(x, floatTensor([1, 2, 3, 4], [2, 2]));
    expect([...readFloats(gradient)]).toEqual([0.25, 0.5, 3, 4]);
  });
});
