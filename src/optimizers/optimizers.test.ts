import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileMode } from '../engine/compile.js';
import { disposeAll, Parameter, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, type Precision, type Tensor, tf } from '../engine/tf.js';
import { schedulers } from '../schedulers/registry.js';
import type { AdaptiveDefinition } from '../schedulers/types.js';
import { optimizers } from './registry.js';
import type { Optimizer, OptimizerDefinition } from './types.js';

type Options = Readonly<Record<string, unknown>>;
type Named = { readonly name: string } & Options;

interface Case {
  readonly optimizer: Named;
  readonly scheduler?: Named;
  /** Weights after some steps by the reference, and how far its own float32 run is from them (relative 2-norm). */
  readonly float64: Readonly<Record<string, number[]>>;
  readonly float32Error: Readonly<Record<string, number>>;
  readonly effectiveLr?: Readonly<Record<string, number>>;
  readonly average?: number[];
  readonly averageFloat32Error?: number;
}

/** Made by scripts/oracles/optimizers.py with torch 2.15, prodigyopt 1.1.2, dadaptation 3.2, dog-optimizer 1.0.3 and dowgopt 0.13. */
const oracle = JSON.parse(readFileSync(new URL('./testdata/trajectories.json', import.meta.url), 'utf8')) as {
  problem: {
    inputs: number[][];
    targets: number[];
    shapes: Record<'hidden' | 'bias' | 'output', number[]>;
    initial: { hidden: number[][]; bias: number[]; output: number[] };
  };
  cases: Case[];
};
const { inputs, targets, shapes, initial } = oracle.problem;
const start = [...initial.hidden.flat(), ...initial.bias, ...initial.output];

const definitions: Readonly<Record<string, OptimizerDefinition>> = optimizers;
const adaptives = (Object.values(schedulers) as { kind: string }[]).filter(
  (definition): definition is AdaptiveDefinition => definition.kind === 'adaptive',
);

function createParameters(): Parameter[] {
  const split = { hidden: start.slice(0, 6), bias: start.slice(6, 9), output: start.slice(9) };
  return (['hidden', 'bias', 'output'] as const).map(
    (name) => new Parameter(name, { shape: shapes[name], values: Float64Array.from(split[name]) }, true),
  );
}

function values(tensors: readonly Tensor[]): number[] {
  const flat = tensors.flatMap((tensor) => [...readFloats(tensor)]);
  disposeAll(tensors);
  return flat;
}

/** Gradient of the mean squared error of output·tanh(hiddenᵀx + bias), in double precision whatever the engine's. */
function gradients(parameters: readonly Parameter[]): Tensor[] {
  const w = values(readAll(parameters));
  const g = new Float64Array(12);
  inputs.forEach((x, n) => {
    const h = [0, 1, 2].map((j) => Math.tanh(x[0]! * w[j]! + x[1]! * w[3 + j]! + w[6 + j]!));
    const error = h.reduce((sum, hj, j) => sum + hj * w[9 + j]!, -targets[n]!);
    const slope = (2 * error) / inputs.length;
    h.forEach((hj, j) => {
      const inner = slope * w[9 + j]! * (1 - hj * hj);
      g[j]! += inner * x[0]!;
      g[3 + j]! += inner * x[1]!;
      g[6 + j]! += inner;
      g[9 + j]! += slope * hj;
    });
  });
  return [g.slice(0, 6), g.slice(6, 9), g.slice(9)].map((part, i) =>
    floatTensor(part, [...Object.values(shapes)[i]!]),
  );
}

/** An optimizer as a config would ask for it, on fresh parameters. */
class Run {
  readonly parameters = createParameters();
  readonly optimizer: Optimizer;
  readonly lr: number;
  readonly stateSize: number;

  constructor({ optimizer, scheduler }: { optimizer: Named; scheduler?: Named }) {
    const { name: _, ...given } = optimizer;
    const options = definitions[optimizer.name]!.options.parse(given) as Options & { lr: number };
    if (scheduler) {
      const definition = adaptives.find(({ name }) => name === scheduler.name)!;
      const { name: __, ...adaptiveGiven } = scheduler;
      const adaptiveOptions = definition.options.parse(adaptiveGiven) as Options & { lr: number };
      expect(definition.bases).toContain(optimizer.name);
      this.optimizer = definition.create(
        this.parameters,
        { ...options, name: optimizer.name },
        adaptiveOptions,
      );
      this.lr = adaptiveOptions.lr;
      this.stateSize = definition.stateSize(optimizer.name, adaptiveOptions);
    } else {
      this.optimizer = definitions[optimizer.name]!.create(this.parameters, options);
      this.lr = options.lr;
      this.stateSize = definitions[optimizer.name]!.stateSize(options);
    }
  }

  step(lr = this.lr): void {
    const g = gradients(this.parameters);
    this.optimizer.step(g, lr);
    disposeAll(g);
  }

  steps(count: number): this {
    for (let i = 0; i < count; i++) this.step();
    return this;
  }

  weights(): number[] {
    return values(readAll(this.parameters));
  }

  dispose(): void {
    this.optimizer.dispose();
    for (const parameter of this.parameters) parameter.dispose();
  }
}

const norm = (a: readonly number[]) => Math.hypot(...a);
const minus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - b[i]!);
const difference = (found: readonly number[], expected: readonly number[]) =>
  norm(minus(found, expected)) / norm(expected);
const title = ({ optimizer, scheduler }: Case) => JSON.stringify({ ...optimizer, ...scheduler });

const precisions: Precision[] = ['float64', 'float32'];
const configs = oracle.cases.map((entry) => [title(entry), entry] as const);

afterAll(() => {
  compileMode.enabled = true;
  compileMode.report = () => {};
});

describe.each(precisions)('in %s', (precision) => {
  const notes: string[] = [];

  beforeAll(async () => {
    await loadEngine({ precision });
    compileMode.report = (note) => {
      if (!note.includes('recorded')) notes.push(note);
    };
  });

  /** 1e-10 in double precision; else 1e-4, as far as the reference's own float32 run keeps to its float64 run. */
  const limit = (referenceError: number) => (precision === 'float64' ? 1e-10 : 1e-4 + 2 * referenceError);

  function followsReference(entry: Case): void {
    const run = new Run(entry);
    for (let step = 1; step <= 50; step++) {
      run.step();
      const expected = entry.float64[step];
      if (!expected) continue;
      expect(difference(run.weights(), expected)).toBeLessThan(limit(entry.float32Error[step]!));
      const rate = entry.effectiveLr?.[step];
      if (rate && precision === 'float64') {
        expect(run.optimizer.effectiveLearningRate!() / rate).toBeCloseTo(1, 9);
      }
    }
    const average = run.optimizer.averagedParameters?.();
    expect(Boolean(average)).toBe(Boolean(entry.average));
    if (average) {
      expect(difference(values(average), entry.average!)).toBeLessThan(limit(entry.averageFloat32Error!));
    }
    run.dispose();
    expect(notes).toEqual([]);
  }

  it.each(configs)('50 steps follow the published implementation: %s', (_, entry) => {
    compileMode.enabled = true;
    followsReference(entry);
  });

  const withGraphs = configs.filter(([, entry]) => entry.scheduler || entry.optimizer.name === 'rmsprop');
  it.each(withGraphs)('without graphs too: %s', (_, entry) => {
    compileMode.enabled = false;
    followsReference(entry);
  });
});

describe('every optimizer and parameter-free method', () => {
  beforeAll(async () => {
    await loadEngine({ precision: 'float32' });
    compileMode.enabled = true;
  });

  it('is covered by a trajectory', () => {
    const covered = oracle.cases.map(({ optimizer, scheduler }) => (scheduler ?? optimizer).name);
    expect([...new Set(covered)].sort()).toEqual(
      [...Object.keys(optimizers), ...adaptives.map(({ name }) => name)].sort(),
    );
  });

  it.each(configs)('continues bit-equal from its saved state: %s', (_, entry) => {
    const whole = new Run(entry).steps(13);
    const first = new Run(entry).steps(6);
    const state = first.optimizer.state();
    const second = new Run(entry);
    second.parameters.forEach(({ variable }, i) => {
      const value = first.parameters[i]!.variable.read();
      variable.assign(value);
      value.dispose();
    });
    first.steps(3); // the saved state does not change with the optimizer it came from
    second.optimizer.restore(state);
    disposeAll(Object.values(state.tensors));
    expect(JSON.parse(JSON.stringify(state.scalars))).toEqual(state.scalars);
    expect(second.steps(7).weights()).toEqual(whole.weights());
    if (whole.optimizer.averagedParameters) {
      expect(values(second.optimizer.averagedParameters!())).toEqual(
        values(whole.optimizer.averagedParameters()),
      );
    }
    for (const run of [whole, first, second]) run.dispose();
  });

  it.each(configs)('keeps as much as it says: %s', (_, entry) => {
    const run = new Run(entry).steps(1);
    expect(values(Object.values(run.optimizer.state().tensors))).toHaveLength(run.stateSize * start.length);
    run.dispose();
  });

  it.each(configs)('leaks nothing over 200 steps, and changes no snapshot: %s', (_, entry) => {
    const run = new Run(entry).steps(4);
    const before = run.weights();
    const snapshot = readAll(run.parameters);
    const live = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) run.step();
    expect(tf.memory().numTensors).toBe(live);
    expect(values(snapshot)).toEqual(before);
    run.dispose();
    expect(tf.memory().numTensors).toBe(live - snapshot.length - countTensors(run, entry));
  });

  /** Handles of parameters and state, all gone after dispose. */
  function countTensors(run: Run, entry: Case): number {
    const other = new Run(entry);
    const state = other.optimizer.state();
    const count = Object.keys(state.tensors).length + run.parameters.length;
    disposeAll(Object.values(state.tensors));
    other.dispose();
    return count;
  }

  it.each(configs)('refuses the state of another model or another optimizer: %s', (_, entry) => {
    const run = new Run(entry);
    const { tensors, scalars } = run.optimizer.state();
    const restore = (changed: Record<string, Tensor>) => () =>
      run.optimizer.restore({ tensors: changed, scalars });
    const extra = floatTensor(1);
    expect(restore({ ...tensors, 'nonsense.bias': extra })).toThrow(
      /an unexpected nonsense\.bias.*Resume with/s,
    );
    const [name] = Object.keys(tensors);
    if (name) {
      const { [name]: _removed, ...rest } = tensors;
      expect(restore(rest)).toThrow(`no ${name}`);
      expect(restore({ ...tensors, [name]: extra })).toThrow(`${name} of shape [] instead of [2,3]`);
    }
    disposeAll([extra, ...Object.values(tensors)]);
    run.dispose();
  });
});

describe('every base optimizer', () => {
  beforeAll(() => loadEngine({ precision: 'float64' }));

  it.each(Object.keys(optimizers))('%s is registered under its name and refuses unknown options', (name) => {
    const { name: own, options } = definitions[name]!;
    expect(own).toBe(name);
    expect(options.parse({})).toHaveProperty('lr');
    expect(() => options.parse({ nonsense: 1 })).toThrow(/nonsense/);
  });

  const bases = configs.filter(([, { scheduler }]) => !scheduler);
  it.each(bases)('moves in proportion to η, along a direction that does not depend on η: %s', (_, entry) => {
    const probe = (lr: number) => {
      const run = new Run(entry).steps(5);
      const before = run.weights();
      run.step(lr);
      const direction = minus(before, run.weights()).map((move) => move / lr);
      run.step(0.3); // nor may η have entered the memory: the next direction is taken from equal weights
      run.dispose();
      return direction;
    };
    const reference = probe(1);
    expect(norm(reference)).toBeGreaterThan(0);
    for (const lr of [-0.5, 1e-3, 30]) {
      expect(difference(probe(lr), reference)).toBeLessThan(1e-11);
    }
  });

  it.each(bases)('keeps η out of its memory: %s', (_, entry) => {
    const memoryAfter = (lr: number) => {
      const run = new Run(entry).steps(5);
      run.step(lr);
      const { tensors, scalars } = run.optimizer.state();
      const contents = Object.values(tensors).flatMap((tensor) => values([tensor]));
      run.dispose();
      return [...contents, ...Object.values(scalars)];
    };
    expect(memoryAfter(1)).toEqual(memoryAfter(0.25));
  });
});
