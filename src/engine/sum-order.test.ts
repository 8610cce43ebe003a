import { beforeAll, expect, test } from 'vitest';
import { compile } from './compile.js';
import { profiled } from './profile.js';
import { floatTensor, readFloats } from './raw.js';
import { loadEngine, type Tensor } from './tf.js';

beforeAll(() => loadEngine());

test('sums of many terms run in a graph as they were written, not as AddN', async () => {
  const terms = [1e8, 1, -1e8, 3, 0.5].map((value) => floatTensor(new Array(8).fill(value), [2, 4]));
  const sum = compile('sum', (given: Tensor[]) => {
    // shapes that follow from constants: of fed tensors TensorFlow's optimisers assume none
    const [a, b, c, d, e] = given.map((term) => term.reshape([8]));
    const [f, g] = [a!.mul(b!), d!.mul(e!)];
    const shared = f.add(b!);
    // the shared sum has two users, the others one
    return [shared.add(c!), shared, g.add(e!).add(d!).add(g.mul(b!))];
  });
  const run = () =>
    sum(terms).map((tensor) => {
      const [first] = readFloats(tensor);
      tensor.dispose();
      return first;
    });
  const results = [run(), run(), run(), run()];
  const { profile, result } = await profiled('sum', run);
  // 1e8 + 1 is 1e8 in single precision: another order would give 1
  for (const one of [...results, result]) expect(one).toEqual([0, 1e8, 6.5]);
  const names = profile.ops.filter(({ inGraph }) => inGraph).map(({ name }) => name);
  expect(names.filter((name) => /^Add(V2)?$/.test(name))).toHaveLength(5);
  expect(names).not.toContain('AddN');
  sum.dispose();
});
