import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from './compile.js';
import { layerNorm } from './ops/layer-norm.js';
import { matmul } from './ops/matmul.js';
import { inPart, NO_PART, type OpTime, type Profile, profiled } from './profile.js';
import { floatTensor, readFloats } from './raw.js';
import { loadEngine, type Tensor, tf } from './tf.js';

const SIDE = 512;

const step = compile('step', ({ x, w }: { readonly x: Tensor; readonly w: Tensor }) => {
  const ones = floatTensor(new Array(SIDE).fill(1), [SIDE]);
  return layerNorm(matmul(matmul(x, w), w), ones, ones, 1e-5);
});

let inputs: { readonly x: Tensor; readonly w: Tensor };
let before: number[];
let after: number[];
let profile: Profile;
const run = () => {
  const y = step(inputs);
  const values = [...readFloats(y)];
  y.dispose();
  return values;
};

beforeAll(async () => {
  await loadEngine();
  inputs = { x: tf.randomNormal([SIDE, SIDE], 0, 1, 'float32', 1), w: tf.randomNormal([SIDE, SIDE]) };
  for (let i = 0; i < 3; i++) before = run();
  ({ result: after, profile } = await profiled('whole', () => {
    const values = run();
    inPart('outer', () => inPart('inner', () => inputs.x.add(inputs.w).dispose()));
    return values;
  }));
});
afterAll(() => step.dispose());

const end = ({ startUs, durationUs }: Pick<OpTime, 'startUs' | 'durationUs'>) => startUs + durationUs;
const named = (name: RegExp) => profile.ops.filter((op) => name.test(op.name));

describe('a profile', () => {
  test('changes no result', () => expect(after).toEqual(before));

  test('has the ops of a graph, with what they ran for', () => {
    expect(named(/MatMul/)).toMatchObject([
      { part: 'step', inGraph: true },
      { part: 'step', inGraph: true },
    ]);
    expect(Math.min(...named(/MatMul/).map(({ durationUs }) => durationUs))).toBeGreaterThan(10);
  });

  test('marks fused loops, with their ops', () => {
    expect(named(/^fused/)).toMatchObject([{ part: 'step', inGraph: true }]);
    expect(named(/^fused/)[0]!.name).toMatch(/Rsqrt/);
  });

  test('has ops outside of graphs, under the part that was entered first', () => {
    expect(named(/^Add/)).toMatchObject([{ name: 'Add', part: 'outer', inGraph: false }]);
    expect(named(/→ host/)).toMatchObject([{ part: NO_PART, inGraph: false }]);
  });

  test('places everything in time', () => {
    expect(profile.parts.map(({ name }) => name)).toEqual(['step', 'outer']);
    const [graph] = profile.graphs;
    const [part] = profile.parts;
    const SLACK_US = 3000; // two clocks
    for (const op of profile.ops.filter(({ inGraph }) => inGraph)) {
      expect(op.startUs).toBeGreaterThan(graph!.startUs - SLACK_US);
      expect(end(op)).toBeLessThan(end(graph!) + SLACK_US);
    }
    expect(graph!.startUs).toBeGreaterThanOrEqual(part!.startUs);
    expect(end(graph!)).toBeLessThanOrEqual(end(part!));
    expect(part!.startUs).toBeGreaterThanOrEqual(profile.whole.startUs);
  });

  test('stops with its action, also where that fails', async () => {
    const failing = profiled('whole', () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const count = profile.ops.length;
    expect(run()).toEqual(before);
    expect(profile.ops).toHaveLength(count);
    expect(process.env.GEN_BENCH_TRACE_FILE).toBeUndefined();
  });
});
