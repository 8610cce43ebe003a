import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type CompiledFunction, compile, compileMode } from './compile.js';
import type { FusedGraph } from './fusion.js';
import { LoadedGraph } from './graph-def.js';
import { joinGraph } from './join.js';
import { floatTensor, readFloats } from './raw.js';
import { loadEngine, type Tensor, tf } from './tf.js';

type Inputs = { readonly w: Tensor; readonly x: Tensor };

const layer = ({ w, x }: Inputs) => ({ y: x.square().matMul(w).tanh(), norm: x.square().sum() });
let messages: string[];
let replay: CompiledFunction<Inputs, { y: Tensor; norm: Tensor }>;

beforeEach(async () => {
  await loadEngine();
  messages = [];
  compileMode.report = (message) => messages.push(message);
  compileMode.decisions.clear();
  replay = compile('layer', layer);
});
afterEach(() => {
  replay.dispose();
  vi.restoreAllMocks();
});

/** Calls that differ in w alone. */
const callsOf = (count: number): Inputs[] => {
  const x = floatTensor([1, 2, 3, 4, 5, 6], [2, 3]);
  return Array.from({ length: count }, (_, i) => ({ w: tf.randomNormal([3, 2], 0, 1, 'float32', i), x }));
};
/** What `each` gives, which is checked against eager calls, and how often a graph ran. */
const runs = (calls: readonly Inputs[]) => {
  const spy = vi.spyOn(LoadedGraph.prototype, 'run');
  spy.mockClear();
  const together = replay.each(calls);
  together.forEach(({ y, norm }, i) => {
    const alone = layer(calls[i]!);
    expect([...readFloats(y)]).toEqual([...readFloats(alone.y)].map((value) => expect.closeTo(value, 5)));
    expect(readFloats(norm)[0]).toBeCloseTo(readFloats(alone.norm)[0]!, 4);
  });
  return spy.mock.calls.length;
};

test('several calls are one run once a single call has been compared with eager ones', () => {
  expect([2, 2, 3, 3].map((count) => runs(callsOf(count)))).toEqual([2, 1, 1, 1]);
});

test('they run one by one where TensorFlow does not take them together', () => {
  const calls = callsOf(2);
  runs(calls);
  vi.spyOn(LoadedGraph.prototype, 'run').mockImplementationOnce(() => {
    throw new Error('too large');
  });
  expect(replay.each(calls)).toHaveLength(2);
  expect(messages.at(-1)).toBe('layer: 2 calls run one by one, because too large');
  expect(runs(calls)).toBe(2);
});

test('a resumed run, whose graph is trusted, has them as one from the first on', () => {
  runs(callsOf(3));
  replay.dispose();
  replay = compile('layer', layer);
  expect(runs(callsOf(3))).toBe(2); // one call alone, for the graph, and all together
});

test('what does not depend on the inputs that differ is shared', () => {
  const graph = {
    nodes: [
      { kind: 'input', shape: [2], dtype: 1 },
      { kind: 'input', shape: [2], dtype: 1 },
      ...[[0], [1], [2, 3]].map((inputs) => ({
        ...{ kind: 'op', name: 'Op', attributes: [], inputTypes: [], outputTypes: [], elements: 2 },
        inputs: inputs.map((node) => ({ node, output: 0 })),
      })),
    ],
    functions: [],
    outputs: [4, 2].map((node) => ({ node, output: 0 })),
  } as unknown as FusedGraph;
  const { nodes, outputs } = joinGraph(graph, [false, true], 2);
  const inputsOf = nodes.map((node) => (node && 'inputs' in node ? node.inputs.map((one) => one.node) : []));
  // inputs x, y₁, y₂; f(x) once; g(y₁), g(y₂); h(f, g₁), h(f, g₂)
  expect(inputsOf).toEqual([[], [], [], [0], [1], [2], [3, 4], [3, 5]]);
  expect(outputs.map(({ node }) => node)).toEqual([6, 3, 7, 3]);
});
