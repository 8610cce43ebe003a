import { elementCount } from '../formats/dtype.js';
import type { HostValues, OpAttribute, OpListener, TensorMetadata } from './binding.js';
import { DT } from './binding.js';

/** An output of a recorded node. */
export interface Reference {
  readonly node: number;
  readonly output: number;
}

export type RecordedNode =
  | { readonly kind: 'input'; readonly shape: readonly number[]; readonly dtype: number }
  | {
      readonly kind: 'constant';
      readonly shape: readonly number[];
      readonly dtype: number;
      readonly values: HostValues;
      readonly scope?: number;
    }
  | {
      readonly kind: 'op';
      readonly name: string;
      readonly attributes: readonly OpAttribute[];
      readonly inputs: readonly Reference[];
      /** Data types of the inputs and outputs, for the attributes that eager execution infers. */
      readonly inputTypes: readonly number[];
      readonly outputTypes: readonly number[];
      /** Of the largest output. */
      readonly elements: number;
      /** Which run of `fuse` it belongs to. */
      readonly scope?: number;
    };

/** Ops whose result is not a function of their inputs alone: a replay would not mean the same. */
const IMPURE =
  /^(Random|Truncated?Normal|Multinomial|ParameterizedTruncatedNormal|Stateful|Var|Assign|Resource|ReadVariable|Destroy|Print|GenBench)/;

/**
 * Listens to the ops of one eager run of a pure function and keeps them as a graph. What cannot be in a graph does not
 * stop the run: its result is right, and whatever it did to variables must not be done again. It is noted in `failure`.
 */
export class Recorder implements OpListener {
  readonly nodes: RecordedNode[] = [];
  /** Why the function cannot be replayed: the first reason found. */
  failure: string | undefined;
  private readonly references = new Map<number, Reference & { dtype: number }>();
  private fusions = 0;
  /** Scopes of `fuse` that are open: one within another belongs to it. */
  private depth = 0;

  /** @param inputs native ids, shapes and true data types of the function's inputs */
  constructor(inputs: readonly TensorMetadata[]) {
    for (const { id, shape, dtype } of inputs) this.add(id, { kind: 'input', shape, dtype }, dtype);
  }

  createdTensor(id: number, shape: number[], dtype: number, values: HostValues): void {
    if (dtype === DT.STRING) this.refuse('it makes a string tensor');
    this.add(id, { kind: 'constant', shape, dtype, values, ...this.scope() }, dtype);
  }

  beginFusion(): void {
    if (this.depth++ === 0) this.fusions++;
  }

  endFusion(): void {
    this.depth--;
  }

  private scope(): { scope?: number } {
    return this.depth > 0 ? { scope: this.fusions } : {};
  }

  executedOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: TensorMetadata[]): void {
    if (IMPURE.test(name)) this.refuse(`it runs ${name}, which is no pure function of its inputs`);
    const references = inputs.map((id) => this.reference(id, name));
    if (this.failure !== undefined) return;
    const node = this.nodes.length;
    this.nodes.push({
      kind: 'op',
      name,
      attributes,
      inputs: references,
      inputTypes: references.map((reference) => reference.dtype),
      outputTypes: outputs.map((output) => output.dtype),
      elements: Math.max(0, ...outputs.map((output) => elementCount(output.shape))),
      ...this.scope(),
    });
    outputs.forEach(({ id, dtype }, output) => {
      this.references.set(id, { node, output, dtype });
    });
  }

  readTensor(): void {
    this.refuse('it reads a tensor on the host in the middle');
  }

  changedVariable(): void {
    this.refuse('it gives a variable another value');
  }

  refuse(reason: string): void {
    this.failure ??= reason;
  }

  /** Reference of an output of the function. One that is an input passes through Identity: a session cannot feed and fetch the same tensor. */
  output(id: number, typeAttribute: number): Reference {
    const found = this.reference(id, 'an output');
    if (this.nodes[found.node]?.kind !== 'input') return found;
    const attributes = [{ name: 'T', type: typeAttribute, value: found.dtype }];
    const types = [found.dtype];
    this.nodes.push({
      kind: 'op',
      name: 'Identity',
      attributes,
      inputs: [found],
      inputTypes: types,
      outputTypes: types,
      elements: 0,
    });
    return { node: this.nodes.length - 1, output: 0 };
  }

  private reference(id: number, user: string): Reference & { dtype: number } {
    const found = this.references.get(id);
    if (found) return found;
    this.refuse(`${user} uses a tensor that is not among the function's inputs`);
    return { node: -1, output: 0, dtype: DT.FLOAT }; // the graph is not built
  }

  private add(id: number, node: RecordedNode, dtype: number): void {
    this.references.set(id, { node: this.nodes.length, output: 0, dtype });
    this.nodes.push(node);
  }
}

/**
 * Runs `action` with the recorder listening. JavaScript's random numbers would be frozen into the graph as constants,
 * so asking for one ends the recording.
 */
export function recording<T>(
  binding: { listener: OpListener | undefined },
  recorder: Recorder,
  action: () => T,
): T {
  const random = Math.random;
  Math.random = () => {
    recorder.refuse('it draws a random number in JavaScript (pass a seed tensor instead)');
    return random();
  };
  binding.listener = recorder;
  try {
    return action();
  } finally {
    binding.listener = undefined;
    Math.random = random;
  }
}
