import { beforeAll, describe, expect, test } from 'vitest';
import { DT } from './binding.js';
import { compile, compileMode } from './compile.js';
import { Lifetimes } from './lifetimes.js';
import type { RecordedNode, Reference } from './recorder.js';
import { backend, loadEngine, tf } from './tf.js';

const op = (name: string, ...inputs: number[]): RecordedNode => ({
  kind: 'op',
  name,
  attributes: [],
  inputs: inputs.map((node) => ({ node, output: 0 })),
  inputTypes: inputs.map(() => DT.FLOAT),
  outputTypes: [DT.FLOAT],
  elements: 1,
});
const output = (node: number): Reference => ({ node, output: 0 });

/** x, c = 2, a = x·c, b = √a, d = a + b, e = d² */
const nodes: readonly RecordedNode[] = [
  { kind: 'input', shape: [1], dtype: DT.FLOAT },
  { kind: 'constant', shape: [], dtype: DT.FLOAT, values: Float32Array.of(2) },
  op('Mul', 0, 1),
  op('Sqrt', 2),
  op('AddV2', 2, 3),
  op('Square', 4),
];

describe('Lifetimes', () => {
  test('end with the last op that uses a result; inputs, constants and results of the function live on', () => {
    const lifetimes = new Lifetimes(nodes, [output(5), output(3)]);
    lifetimes.created();
    expect(lifetimes.executed('Mul', [102])).toEqual([]);
    expect(lifetimes.executed('Sqrt', [103])).toEqual([]);
    expect(lifetimes.executed('AddV2', [104])).toEqual([102]); // 103 is a result
    expect(lifetimes.executed('Square', [105])).toEqual([104]);
  });

  test('end nothing once the run has left the record', () => {
    const lifetimes = new Lifetimes(nodes, [output(5)]);
    lifetimes.created();
    lifetimes.executed('Mul', [102]);
    lifetimes.executed('Exp', [103]);
    expect(lifetimes.executed('AddV2', [104])).toEqual([]);
    expect(lifetimes.executed('Square', [105])).toEqual([]);
  });
});

describe('an eager run that gives results back', () => {
  beforeAll(() => loadEngine());

  test('has the same results, and leaves no tensor behind', () => {
    const { binding } = backend;
    const x = tf.tensor1d([3]);
    backend.getInputTensorIds([x]);
    const before = tf.memory().numTensors;
    // tfjs uploads the constant when the first op needs it
    binding.releases = new Lifetimes(
      [nodes[0]!, nodes[1]!, op('Mul', 0, 1), op('Sqrt', 2), op('AddV2', 2, 3), op('Square', 4)],
      [output(5)],
    );
    const y = tf.tidy(() => {
      const a = x.mul(tf.scalar(2));
      return a.add(a.sqrt()).square();
    });
    binding.releases = undefined;
    expect(y.dataSync()[0]).toBeCloseTo((6 + Math.sqrt(6)) ** 2, 4);
    y.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(x.dataSync()[0]).toBe(3);
  });

  test('may ask for one that is gone, where it does not repeat its ops: then it runs eagerly', () => {
    let reversed = false;
    const fn = compile(
      'fickle',
      ({ x }: { x: ReturnType<typeof tf.tensor1d> }) => {
        const a = x.exp();
        const b = a.sqrt();
        const c = b.add(1);
        return reversed ? b.add(1).mul(a) : c.square();
      },
      { batch: ({ x }) => x },
    );
    const messages: string[] = [];
    compileMode.report = (message) => messages.push(message);
    const x = tf.tensor1d([0, 0, 0, 0, 0, 0]);
    const call = () => tf.tidy(() => Array.from(fn({ x }).dataSync()));
    expect(call()).toEqual([4, 4, 4, 4, 4, 4]);
    reversed = true;
    expect(call()).toEqual([2, 2, 2, 2, 2, 2]);
    compileMode.report = () => {};
    expect(messages.join()).toMatch(/fickle: runs eagerly, because it did not repeat its ops/);
    fn.dispose();
  });
});
