import type { HostBatch } from '../data/types.js';
import { softmaxCrossEntropy } from '../engine/ops/softmax-cross-entropy.js';
import { Parameter } from '../engine/parameters.js';
import type { Model } from '../models/types.js';
import type { Task } from '../tasks/task.js';

/** The network, data and batches of scripts/oracles/gen.py, by the same formulas. Double precision. */
const SHAPES = [[4, 8], [8], [8, 3], [3]] as const;
const BATCH = 12;
const EXAMPLES = 60;

export function smallNetwork(): Model {
  let n = 0;
  const parameters = SHAPES.map((shape, k) => {
    const size = shape.reduce<number>((product, length) => product * length, 1);
    const values = Float64Array.from({ length: size }, (_, i) => 0.5 * Math.sin(n + i + 1));
    n += size;
    return new Parameter(`w.${k}`, { shape, values }, true);
  });
  return {
    name: 'small-network',
    head: [],
    parameters,
    statistics: [],
    forward(scope, { x }) {
      const [w1, b1, w2, b2] = parameters.map((parameter) => scope.get(parameter));
      return x!.matMul(w1!).add(b1!).tanh().matMul(w2!).add(b2!);
    },
    dispose() {
      for (const parameter of parameters) parameter.dispose();
    },
  };
}

export const smallTask: Task = {
  scoreNames: [],
  forward: (model, scope, batch) => ({
    losses: softmaxCrossEntropy(model.forward(scope, batch), batch.y!),
    scores: {},
  }),
};

/** Batch of a step counted from 1. Features in double precision, which HostArray's type does not know. */
export function smallBatch(step: number): HostBatch {
  const rows = Array.from({ length: BATCH }, (_, k) => ((step - 1) * BATCH + k) % EXAMPLES);
  const x = Float64Array.from({ length: BATCH * 4 }, (_, i) =>
    Math.sin(1.3 * (rows[i >> 2]! * 4 + (i & 3)) + 0.7),
  );
  const y = Int32Array.from(rows, (row) => Math.floor(3 * Math.sin(0.9 * row) ** 2) % 3);
  return {
    x: { shape: [BATCH, 4], data: x as unknown as Float32Array },
    y: { shape: [BATCH], data: y },
  };
}
