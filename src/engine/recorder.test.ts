import { describe, expect, test } from 'vitest';
import { DT, type TensorMetadata } from './binding.js';
import { Recorder, recording } from './recorder.js';

const tensor = (id: number, dtype: number = DT.FLOAT): TensorMetadata => ({ id, shape: [2], dtype });
const TYPE = 99;

describe('Recorder', () => {
  test('keeps inputs, constants and ops with their references', () => {
    const recorder = new Recorder([tensor(10), tensor(11, DT.INT32)]);
    const values = Float32Array.of(1, 2);
    recorder.createdTensor(12, [2], DT.FLOAT, values);
    recorder.executedOp('Add', [], [10, 12], [tensor(13)]);
    recorder.executedOp('Split', [], [13], [tensor(14), tensor(15)]);
    recorder.executedOp('Mul', [], [15, 10], [tensor(16)]);
    expect(recorder.failure).toBeUndefined();
    expect(recorder.nodes.map((node) => (node.kind === 'op' ? node.name : node.kind))).toEqual([
      'input',
      'input',
      'constant',
      'Add',
      'Split',
      'Mul',
    ]);
    expect(recorder.nodes[5]).toMatchObject({
      inputs: [
        { node: 4, output: 1 },
        { node: 0, output: 0 },
      ],
      inputTypes: [DT.FLOAT, DT.FLOAT],
    });
    expect(recorder.output(14, TYPE)).toMatchObject({ node: 4, output: 0 });
  });

  test('an input passes through Identity to become an output', () => {
    const recorder = new Recorder([tensor(10, DT.INT32)]);
    expect(recorder.output(10, TYPE)).toEqual({ node: 1, output: 0 });
    expect(recorder.nodes[1]).toMatchObject({
      name: 'Identity',
      attributes: [{ name: 'T', type: TYPE, value: DT.INT32 }],
    });
  });

  test('keeps the first reason for which it gives up', () => {
    const recorder = new Recorder([tensor(10)]);
    recorder.executedOp('Neg', [], [77], [tensor(11)]);
    recorder.readTensor();
    expect(recorder.failure).toBe("Neg uses a tensor that is not among the function's inputs");
  });

  test.each([
    'RandomUniform',
    'TruncatedNormal',
    'Multinomial',
    'StatefulUniform',
    'VarHandleOp',
    'ReadVariableOp',
    'AssignVariableOp',
    'ResourceApplyAdam',
    'DestroyResourceOp',
    'GenBenchAdam',
  ])('gives up on %s', (name) => {
    const recorder = new Recorder([tensor(10)]);
    recorder.executedOp(name, [], [10], []);
    expect(recorder.failure).toBe(`it runs ${name}, which is no pure function of its inputs`);
  });

  test.each(['StatelessRandomUniform', 'Relu', 'Transpose'])('takes %s', (name) => {
    const recorder = new Recorder([tensor(10)]);
    recorder.executedOp(name, [], [10], [tensor(11)]);
    expect([recorder.failure, recorder.nodes.length]).toEqual([undefined, 2]);
  });
});

describe('recording', () => {
  test('puts Math.random and the listener back, after errors too', () => {
    const binding = { listener: undefined };
    const random = Math.random;
    const recorder = new Recorder([]);
    expect(() =>
      recording(binding, recorder, () => {
        expect(binding.listener).toBe(recorder);
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect([binding.listener, Math.random]).toEqual([undefined, random]);
  });

  test('a random number drawn in JavaScript ends it, and is random all the same', () => {
    const recorder = new Recorder([]);
    const [a, b] = recording({ listener: undefined }, recorder, () => [Math.random(), Math.random()]);
    expect(a).not.toBe(b);
    expect(recorder.failure).toMatch(/draws a random number in JavaScript/);
  });
});
