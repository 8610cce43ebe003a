import { describe, expect, test } from 'vitest';
import { DT, type TensorMetadata } from './binding.js';
import { fuseScopes } from './fusion.js';
import { Recorder } from './recorder.js';

const LARGE = [512, 512];
const tensor = (id: number, shape = LARGE): TensorMetadata => ({ id, shape: [...shape], dtype: DT.FLOAT });

/** Recorder of ops on tensors by id; inputs 1 and 2. */
function start() {
  const recorder = new Recorder([tensor(1), tensor(2)]);
  const op = (name: string, inputs: number[], output: number, shape = LARGE) =>
    recorder.executedOp(name, [], inputs, [tensor(output, shape)]);
  const constant = (id: number, value: number) =>
    recorder.createdTensor(id, [], DT.FLOAT, Float32Array.of(value));
  const fused = (...outputs: number[]) =>
    fuseScopes(
      recorder.nodes,
      outputs.map((id) => recorder.output(id, 0)),
    );
  const scope = (action: () => void) => {
    recorder.beginFusion();
    action();
    recorder.endFusion();
  };
  return { recorder, op, constant, fused, scope };
}

const kinds = (graph: ReturnType<typeof fuseScopes>) =>
  graph.nodes.map((node) => (node?.kind === 'op' ? node.name : (node?.kind ?? '-')));

describe('fuseScopes', () => {
  test('a scope becomes a call with its constants inside', () => {
    const { op, constant, fused, scope } = start();
    op('MatMul', [1, 2], 3);
    scope(() => {
      constant(4, 0.5);
      op('Mul', [3, 4], 5);
      op('AddV2', [5, 1], 6);
    });
    op('MatMul', [6, 2], 7);
    const graph = fused(7);
    expect(kinds(graph)).toEqual(['input', 'input', 'MatMul', 'call', '-', '-', 'MatMul']);
    expect(graph.nodes[3]).toEqual({
      kind: 'call',
      function: 'fused0_Mul_AddV2',
      inputs: [
        { node: 2, output: 0, dtype: DT.FLOAT },
        { node: 0, output: 0, dtype: DT.FLOAT },
      ],
    });
    expect(graph.nodes[6]).toMatchObject({ inputs: [{ node: 3, output: 0 }, { node: 1 }] });
    expect(graph.functions).toMatchObject([
      {
        name: 'fused0_Mul_AddV2',
        argumentTypes: [DT.FLOAT, DT.FLOAT],
        body: [
          { kind: 'constant' },
          { name: 'Mul', inputs: [{ argument: 0 }, { node: 0 }] },
          { name: 'AddV2', inputs: [{ node: 1 }, { argument: 1 }] },
        ],
        results: [{ node: 2, type: DT.FLOAT }],
      },
    ]);
  });

  test('what is used outside, graph outputs included, is returned', () => {
    const { op, fused, scope } = start();
    scope(() => {
      op('Mul', [1, 2], 3);
      op('Exp', [3], 4);
      op('Sub', [4, 3], 5);
    });
    op('MatMul', [3, 5], 6);
    const graph = fused(6, 5);
    expect(graph.functions[0]!.results.map(({ node }) => node)).toEqual([0, 2]);
    expect(graph.nodes[5]).toMatchObject({
      inputs: [
        { node: 2, output: 0 },
        { node: 2, output: 1 },
      ],
    });
    expect(graph.outputs).toMatchObject([
      { node: 5, output: 0 },
      { node: 2, output: 1 },
    ]);
  });

  test('equal scopes share a function, others do not', () => {
    const { op, constant, fused, scope } = start();
    const layer = (x: number, y: number, factor: number) =>
      scope(() => {
        constant(y + 100, factor);
        op('Mul', [x, y + 100], y + 200);
        op('Exp', [y + 200], y);
      });
    layer(1, 3, 2);
    layer(3, 4, 2);
    layer(4, 5, 3);
    const graph = fused(5);
    expect(graph.functions).toHaveLength(2);
    const calls = graph.nodes.flatMap((node) => (node?.kind === 'call' ? [node] : []));
    expect(calls.map((call) => call.function)).toEqual([
      'fused0_Mul_Exp',
      'fused0_Mul_Exp',
      'fused1_Mul_Exp',
    ]);
    expect(calls[1]!.inputs).toMatchObject([{ node: graph.nodes.indexOf(calls[0]) }]);
  });

  test('a scope within a scope belongs to it', () => {
    const { op, fused, scope } = start();
    scope(() => {
      op('Mul', [1, 2], 3);
      scope(() => op('Exp', [3], 4));
      op('Sub', [4, 1], 5);
    });
    expect(kinds(fused(5))).toEqual(['input', 'input', 'call', '-', '-']);
  });

  test('a constant that is also used outside stays outside', () => {
    const { op, constant, fused, scope } = start();
    scope(() => {
      constant(3, 2);
      op('Mul', [1, 3], 4);
      op('Exp', [4], 5);
    });
    op('MatMul', [5, 3], 6);
    const graph = fused(6);
    expect(kinds(graph)).toEqual(['input', 'input', 'constant', 'call', '-', 'MatMul']);
    expect(graph.nodes[3]).toMatchObject({ inputs: [{ node: 0 }, { node: 2 }] });
  });

  test.each([
    ['an op that cannot be fused', 'Softmax', LARGE, 'Softmax is not among the ops that are fused'],
    ['small tensors', 'Exp', [8, 8], 'with fewer than 65536 elements, a loop would not pay'],
  ])('%s leaves the scope as it is', (_, name, shape, reason) => {
    const { recorder, op, fused, scope } = start();
    scope(() => {
      op('Mul', [1, 2], 3, shape);
      op(name, [3], 4, shape);
    });
    const graph = fused(4);
    expect(graph.nodes).toEqual(recorder.nodes);
    expect(graph.functions).toEqual([]);
    expect(graph.refusals).toEqual([{ reason, count: 1 }]);
  });

  test('a scope of one op is left alone', () => {
    const { op, fused, scope } = start();
    scope(() => op('Exp', [1], 3));
    expect(fused(3).functions).toEqual([]);
  });
});
