import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { compile, compileMode } from './compile.js';
import { fuse } from './fuse.js';
import { LoadedGraph } from './graph-def.js';
import { softmaxCrossEntropy } from './ops/softmax-cross-entropy.js';
import { Variable } from './parameters.js';
import { floatTensor, readFloats } from './raw.js';
import { loadEngine, type Tensor, tf } from './tf.js';

let messages: string[];
const owned: { dispose(): void }[] = [];

beforeAll(() => loadEngine());
beforeEach(() => {
  messages = [];
  compileMode.report = (message) => messages.push(message);
  compileMode.decisions.clear();
});
afterEach(() => {
  for (const one of owned.splice(0)) one.dispose();
});

/** `compile` with the graph released after the test. */
const compiled: typeof compile = (name, fn) => {
  const result = compile(name, fn);
  owned.push(result);
  return result;
};

const values = (tensor: Tensor) => [...readFloats(tensor)];
const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const expectClose = (actual: Tensor, expected: Tensor) => {
  expect(actual.shape).toEqual(expected.shape);
  expect(Math.max(...values(actual.sub(expected).abs()))).toBeLessThan(1e-5);
};

type Batch = { w: Tensor; x: Tensor; y: Tensor };

/** A training pass of logistic regression: loss, gradient and per-example losses. */
const step = ({ w, x, y }: Batch) => {
  let losses: Tensor | undefined;
  const { value, grads } = tf.valueAndGrads((weights: Tensor) => {
    losses = tf.keep(softmaxCrossEntropy(x.matMul(weights), y));
    return losses.mean();
  })([w]);
  return { loss: value as Tensor, gradient: grads[0]!, losses: losses! };
};

const batch = (size: number, seed: number): Batch => ({
  w: random([5, 3], seed),
  x: random([size, 5], seed + 1),
  y: tf.tensor1d(
    Array.from({ length: size }, (_, i) => i % 3),
    'int32',
  ),
});

describe('replay', () => {
  test('equals the eager run on inputs that change', () => {
    const replay = compiled('step', step);
    for (let i = 0; i < 5; i++) {
      const inputs = batch(4, 10 * i);
      const expected = step(inputs);
      const found = replay(inputs);
      expect(Object.keys(found)).toEqual(['loss', 'gradient', 'losses']);
      for (const key of ['loss', 'gradient', 'losses'] as const) expectClose(found[key], expected[key]);
    }
    expect(messages).toEqual([expect.stringMatching(/^step: recorded \d+ ops in \d+ ms$/)]);
  });

  test('runs the function no more after two verified calls', () => {
    let calls = 0;
    const replay = compiled('double', (x: Tensor) => {
      calls++;
      return x.mul(2);
    });
    for (let i = 0; i < 6; i++) expect(values(replay(tf.scalar(i)))).toEqual([2 * i]);
    expect(calls).toBe(2); // recorded (which verifies the first replay), verified once more
  });

  test('has a graph for every shape, data type and form', () => {
    const replay = compiled('sum', ({ x, y }: { x: Tensor; y: Tensor }) => x.sub(y.cast('float32')).sum());
    const one = tf.ones([2]);
    expect(values(replay({ x: one, y: tf.zeros([2]) }))).toEqual([2]);
    expect(values(replay({ x: tf.ones([3]), y: tf.zeros([3]) }))).toEqual([3]);
    expect(values(replay({ x: one, y: tf.zeros([2], 'int32') }))).toEqual([2]);
    expect(values(replay({ y: tf.zeros([2]), x: one }))).toEqual([2]); // the order of names matters not
    expect(values(replay({ x: tf.fill([2], 5), y: one }))).toEqual([8]);
    expect(messages).toHaveLength(4);
  });

  test('an input may be an output: it comes back as a copy', () => {
    const replay = compiled('pass', ({ x }: { x: Tensor }) => ({ x, twice: x.mul(2) }));
    for (const enabled of [true, true, true, false]) {
      compileMode.enabled = enabled;
      const x = tf.scalar(3);
      const result = replay({ x });
      result.x.dispose();
      expect([values(x), values(result.twice)]).toEqual([[3], [6]]);
    }
    compileMode.enabled = true;
  });

  test('a constant may be an output', () => {
    const replay = compiled('constant', (x: Tensor) => [x.neg(), tf.tensor1d([1, 2]), tf.zeros([2, 2])]);
    for (let i = 0; i < 3; i++) {
      expect(replay(tf.scalar(i)).map(values)).toEqual([[-i], [1, 2], [0, 0, 0, 0]]);
    }
    expect(messages).toHaveLength(1);
  });

  test('inputs that were the same tensor at first may differ later', () => {
    const replay = compiled('minus', ([a, b]: readonly [Tensor, Tensor]) => a.sub(b));
    const x = tf.scalar(5);
    expect(values(replay([x, x]))).toEqual([0]);
    expect(values(replay([x, x.clone()]))).toEqual([0]);
    expect(values(replay([x, tf.scalar(2)]))).toEqual([3]);
    expect(values(replay([tf.scalar(1), x]))).toEqual([-4]);
    expect(messages).toHaveLength(1);
  });

  test('a compiled function within another becomes part of it', () => {
    const inner = compiled('inner', (x: Tensor) => x.square());
    const outer = compiled('outer', (x: Tensor) => inner(x).add(1));
    for (let i = 0; i < 4; i++) expect(values(outer(tf.scalar(i)))).toEqual([i * i + 1]);
    expect(messages[0]).toMatch(/^outer: recorded/);
    expect(messages.join()).not.toMatch(/eagerly/);
  });

  test('NaN and infinity are results like others', () => {
    const replay = compiled('log', (x: Tensor) => x.log());
    for (let i = 0; i < 3; i++)
      expect(values(replay(tf.tensor1d([-1, 0, 1])))).toEqual([Number.NaN, -Infinity, 0]);
    expect(messages).toHaveLength(1);
  });

  test('is off with compileMode.enabled = false', () => {
    compileMode.enabled = false;
    let calls = 0;
    const replay = compiled('off', (x: Tensor) => {
      calls++;
      return x.neg();
    });
    for (let i = 0; i < 5; i++) replay(tf.scalar(i));
    compileMode.enabled = true;
    expect([calls, messages]).toEqual([5, []]);
  });

  test('works again after dispose', () => {
    const replay = compiled('square', (x: Tensor) => x.square());
    expect(values(replay(tf.scalar(3)))).toEqual([9]);
    replay.dispose();
    expect(values(replay(tf.scalar(4)))).toEqual([16]);
    expect(messages).toHaveLength(2);
  });

  test('errors of the function itself come through, and the next call starts afresh', () => {
    let fail = true;
    const replay = compiled('failing', (x: Tensor) => {
      if (fail) throw new RangeError('no');
      return x.neg();
    });
    expect(() => replay(tf.scalar(1))).toThrow(RangeError);
    fail = false;
    expect(values(replay(tf.scalar(1)))).toEqual([-1]);
    expect(messages).toEqual([expect.stringMatching(/recorded/)]);
  });
});

describe('what cannot be recorded runs eagerly, says why and is right', () => {
  /** Three calls; what was reported. */
  const reason = (fn: (x: Tensor) => Tensor, expected?: (x: number) => number) => {
    const replay = compiled('fn', fn);
    for (let i = 1; i <= 3; i++) {
      const result = replay(tf.scalar(i));
      if (expected) expect(values(result)).toEqual([expected(i)]);
    }
    expect(messages).toHaveLength(1);
    return messages[0];
  };

  test('Math.random', () => {
    const draws = new Set<number>();
    const because = reason((x) => {
      const draw = Math.random();
      draws.add(draw);
      return x.mul(draw);
    });
    expect(because).toBe(
      'fn: runs eagerly, because it draws a random number in JavaScript (pass a seed tensor instead)',
    );
    expect(draws.size).toBe(3);
  });

  test.each([
    ['tf.dropout', (x: Tensor) => tf.dropout(x.broadcastTo([9]), 0.5)],
    ['tf.randomUniform', (x: Tensor) => x.mul(tf.randomUniform([9]))],
    ['tf.randomNormal', (x: Tensor) => x.mul(tf.randomNormal([9]))],
  ])('%s', (_, fn) => {
    expect(reason(fn)).toMatch(/because it draws a random number in JavaScript/);
  });

  test("TensorFlow's own random ops", () => {
    expect(reason((x) => tf.multinomial(x.mul(tf.ones([3])) as never, 2, 7))).toMatch(
      /because it runs Multinomial/,
    );
  });

  test('reading a tensor in the middle', () => {
    const because = reason(
      (x) => (x.dataSync()[0]! > 2 ? x.neg() : x.mul(10)),
      (x) => (x > 2 ? -x : 10 * x),
    );
    expect(because).toMatch(/because it reads a tensor on the host in the middle/);
  });

  test('a tensor from outside', () => {
    const outside = tf.scalar(2).square(); // on the device: its value is not a constant of the function
    expect(
      reason(
        (x) => x.mul(outside),
        (x) => 4 * x,
      ),
    ).toMatch(/because Mul uses a tensor that is not among the function's inputs/);
  });

  test('variables, which are changed once a call', () => {
    const variable = new Variable(tf.scalar(0));
    owned.push(variable);
    const because = reason(
      (x) => {
        const next = variable.read().add(x);
        variable.assign(next);
        return next;
      },
      (x) => (x * (x + 1)) / 2,
    );
    expect(because).toMatch(/because Add uses a tensor that is not among the function's inputs/);
  });
  test('variables, which are only written to', () => {
    const variable = new Variable(tf.scalar(0));
    owned.push(variable);
    const because = reason(
      (x) => {
        const next = x.mul(2);
        variable.assign(next);
        return next;
      },
      (x) => 2 * x,
    );
    expect(because).toMatch(/because it gives a variable another value/);
  });
});

test('a frozen JavaScript number shows on the second call, whose result is right', () => {
  let rate = 1;
  const replay = compiled('frozen', (x: Tensor) => x.mul(rate));
  expect(values(replay(tf.scalar(2)))).toEqual([2]);
  rate = 3;
  expect(values(replay(tf.scalar(2)))).toEqual([6]);
  rate = 4;
  expect(values(replay(tf.scalar(2)))).toEqual([8]);
  expect(messages).toEqual([
    expect.stringMatching(/^frozen: recorded/),
    expect.stringMatching(/^frozen: replay and eager run differ by 6\.7e-1 \(relative\); running eagerly$/),
  ]);
});

describe('tensors', () => {
  test.each([
    ['replayed', (fn: typeof step) => compiled('step', fn)],
    [
      'refused',
      (fn: typeof step) =>
        compiled('refused', (inputs: Batch) => {
          Math.random();
          return fn(inputs);
        }),
    ],
  ])('none leaks over 200 calls (%s)', (_, make) => {
    const run = make(step);
    const inputs = batch(4, 1);
    const live = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) {
      const { loss, gradient, losses } = run(inputs);
      for (const tensor of [loss, gradient, losses]) tensor.dispose();
      expect(tf.memory().numTensors).toBe(live);
    }
  });

  test('none leaks when verification fails', () => {
    let rate = 0;
    const run = compiled('frozen', ({ x }: { x: Tensor }) => {
      rate++;
      return { x, y: x.mul(rate) };
    });
    const x = tf.ones([3]);
    const live = tf.memory().numTensors;
    for (let i = 0; i < 4; i++) {
      const { x: copy, y } = run({ x });
      copy.dispose();
      y.dispose();
      expect(tf.memory().numTensors).toBe(live);
    }
    expect(values(x)).toEqual([1, 1, 1]);
  });
});

test('in double precision nothing is rounded through float32', async () => {
  await loadEngine({ precision: 'float64' });
  try {
    const replay = compiled('exact', ({ x }: { x: Tensor }) => x.mul(floatTensor(0.1)).add(x.square()));
    for (const value of [1 / 3, 0.7, 1e-9, 12345.678]) {
      expect(values(replay({ x: floatTensor(value) }))).toEqual([value * 0.1 + value * value]);
    }
    expect(messages).toHaveLength(1);
  } finally {
    await loadEngine({ precision: 'float32' });
  }
});

describe('fused loops', () => {
  const shape = [300, 300];
  const chain = ({ x, y }: { x: Tensor; y: Tensor }) =>
    fuse(() => {
      const scaled = x.mul(floatTensor(0.3)).add(y.mean(-1, true));
      return { scaled, activated: scaled.erf().mul(y).mean(0) };
    });

  test('are compiled where tensors are large, and give the results of single ops', () => {
    const replay = compiled('chain', chain);
    for (let i = 0; i < 3; i++) {
      const inputs = { x: random(shape, i), y: random(shape, 9 + i) };
      const expected = chain(inputs);
      const actual = replay(inputs);
      expectClose(actual.scaled, expected.scaled);
      expectClose(actual.activated, expected.activated);
    }
    expect(messages).toEqual([
      expect.stringMatching(/^chain: recorded \d+ ops in \d+ ms, 1 kinds of loops fused$/),
    ]);
  });

  test('give way to single ops where TensorFlow cannot compile them', () => {
    vi.spyOn(LoadedGraph.prototype, 'run').mockImplementationOnce(() => {
      throw new Error('no compiler');
    });
    const replay = compiled('chain', chain);
    const inputs = { x: random(shape, 1), y: random(shape, 2) };
    expectClose(replay(inputs).scaled, chain(inputs).scaled);
    expect(messages.at(-1)).toBe('chain: runs without fused loops, because no compiler');
    expectClose(replay(inputs).scaled, chain(inputs).scaled);
    expect(messages).toHaveLength(2);
  });
});

describe('decisions', () => {
  const half = ({ x }: { x: Tensor }) => x.mul(0.5);

  test('are made once a function has been compared with eager runs, and hold for a resumed run', () => {
    const x = floatTensor([1, 2], [2]);
    const first = compiled('half', half);
    first({ x }).dispose();
    expect(compileMode.decisions.size).toBe(0);
    first({ x }).dispose();
    expect([...compileMode.decisions.values()]).toEqual(['recorded']);

    // as if the comparison came out otherwise now: nothing is compared any more
    let factor = 0.5;
    const resumed = compiled('half', (inputs: { x: Tensor }) => {
      factor += 1;
      return inputs.x.mul(factor);
    });
    resumed({ x }).dispose();
    expect(values(resumed({ x }))).toEqual([1.5, 3]);
    expect(messages.filter((message) => message.includes('differ'))).toEqual([]);
  });

  test('to run eagerly record nothing', () => {
    const x = floatTensor([1, 2], [2]);
    const first = compiled('half', half);
    for (let i = 0; i < 2; i++) first({ x }).dispose();
    const [id] = compileMode.decisions.keys();
    compileMode.decisions.set(id!, 'eager');
    messages = [];
    expect(values(compiled('half', half)({ x }))).toEqual([0.5, 1]);
    expect(messages).toEqual(["half: runs eagerly, because it did in the run's first part"]);
  });
});
