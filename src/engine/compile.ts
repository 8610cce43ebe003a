import { createHash } from 'node:crypto';
import { compileMode, type Decision, noteFallback } from './compile-mode.js';
import { largestDifference } from './difference.js';
import { extrapolate, NotLinear, RECORDED_SIZES } from './extrapolate.js';
import { type FusedGraph, fuseScopes } from './fusion.js';
import { type LoadedGraph, loadGraph } from './graph-def.js';
import { joinGraph } from './join.js';
import { sampleMemory } from './memory.js';
import { inPart } from './profile.js';
import type { RecordedNode, Reference } from './recorder.js';
import { keepSumOrder } from './sum-order.js';
import { backend, currentPrecision, type Tensor } from './tf.js';
import { type Recording, releasing, runEagerly, trace, withExamples } from './trace.js';
import { disposeTree, flatten, signature, type TensorTree, unflatten } from './tree.js';

/**
 * Record once, replay as a graph. `compile(name, fn)` gives a function of the same meaning as the pure function `fn`:
 * the first call with some shapes runs it eagerly and records its ops, writes them as a TensorFlow graph, and from
 * then on that graph runs in a session: ops in parallel, buffers reused, constants folded.
 *
 * What `fn` may not do, because the graph would freeze it: read a tensor on the host, draw JavaScript random numbers,
 * use tensors that are not among its inputs, touch variables. Such a function runs eagerly and the reason is reported.
 * JavaScript numbers that change from call to call are frozen too; the first two replays of every graph are compared
 * with eager runs to catch that; functions called within one that is being recorded become part of it.
 *
 * `options.batch` names the inputs whose first axis counts examples. Then the function is recorded and compared with a
 * few examples only, and the graph for the whole batch follows from that (`extrapolate.ts`): an eager run keeps every
 * intermediate result alive, at several times the memory of the replay. Where the graph cannot be derived so, the whole
 * batch is recorded.
 */
export interface CompiledFunction<I extends TensorTree, O extends TensorTree> {
  /** Outputs are the caller's to dispose; inputs stay the caller's. */
  (inputs: I): O;
  /**
   * The results of several calls, with inputs of equal form. Once the graph of one call has proved itself, all are one
   * graph: they run beside each other, and what depends on inputs that are the same tensor in all is computed once.
   */
  each(calls: readonly I[]): O[];
  dispose(): void;
}

export { compileMode } from './compile-mode.js';

/** Replays of a graph that are compared with an eager run. */
const VERIFIED_CALLS = 2;

/** Largest allowed difference between replay and eager run, against the largest entry: sums run in another order. */
const TOLERANCE = { float32: 5e-3, bf16: 5e-2, float64: 1e-9 } as const;

interface Entry<O> {
  /** Absent: these shapes run eagerly. */
  graph: LoadedGraph | undefined;
  /** What `graph` was loaded from. */
  source?: FusedGraph | undefined;
  /** The graph without fused loops; until the first replay, where there are any. */
  unfused?: FusedGraph | undefined;
  /** Graphs of several calls in one, by their number and what differs; undefined where TensorFlow does not take it. */
  readonly joined: Map<string, LoadedGraph | undefined>;
  /** Form of the results. */
  readonly outputs: O;
  verifiedCalls: number;
  sample?: Sample;
}

/** The same graph for `SAMPLE_SIZE` examples, which stands for it in comparisons with eager runs. */
interface Sample {
  readonly graph: LoadedGraph;
  /** A recording of these eager runs, but for their number of examples. */
  readonly like: Recording;
}

/** Examples of the graph that is compared with eager runs where the whole batch is not. */
const SAMPLE_SIZE = 4;

export interface CompileOptions<I extends TensorTree> {
  /** The inputs whose first axis is the batch. */
  readonly batch?: (inputs: I) => TensorTree;
}

export function compile<I extends TensorTree, O extends TensorTree>(
  name: string,
  fn: (inputs: I) => O,
  { batch }: CompileOptions<I> = {},
): CompiledFunction<I, O> {
  const entries = new Map<string, Entry<O>>();
  const keyOf = (inputs: I) => currentPrecision() + signature(inputs);
  const idOf = (key: string) => `${name} ${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;

  const replay = ({ graph, outputs }: Entry<O>, tensors: readonly Tensor[]): O => {
    const results = graph!.run(backend.getInputTensorIds([...tensors]));
    sampleMemory();
    return unflatten(
      outputs,
      results.map((result) => backend.createOutputTensor(result)),
    );
  };

  /** The first replay: TensorFlow checks parts of a graph only when it runs. */
  const tryReplay = (entry: Entry<O>, tensors: readonly Tensor[]): O | undefined => {
    const { unfused } = entry;
    entry.unfused = undefined;
    try {
      return replay(entry, tensors);
    } catch (error) {
      entry.graph?.dispose();
      entry.source = unfused;
      entry.graph = unfused && loadGraph(backend.binding, unfused);
      compileMode.report(
        `${name}: ${unfused ? `runs without fused loops, because ${reason(error)}` : rejection(error)}`,
      );
      return entry.graph && tryReplay(entry, tensors);
    }
  };

  /** The replayed results where they agree with the eager ones; else those, and the graph is given up. */
  const verify = (entry: Entry<O>, replayed: O, eager: O, decide: (decision: Decision) => void): O => {
    const trusted = entry.verifiedCalls >= VERIFIED_CALLS;
    entry.verifiedCalls++;
    const difference = trusted ? 0 : largestDifference(flatten(eager), flatten(replayed));
    if (difference <= TOLERANCE[currentPrecision()]) {
      if (entry.verifiedCalls === VERIFIED_CALLS) decide('recorded');
      disposeTree(eager);
      return replayed;
    }
    compileMode.report(
      `${name}: replay and eager run differ by ${difference.toExponential(1)} (relative); running eagerly`,
    );
    disposeTree(replayed);
    entry.graph?.dispose();
    entry.graph = entry.source = undefined;
    decide('eager');
    return eager;
  };

  const call = (inputs: I): O => {
    // Inside another recording the ops themselves are wanted.
    if (!compileMode.enabled || backend.binding.listener) return runEagerly(fn, inputs);
    const tensors = flatten(inputs);
    const key = keyOf(inputs);
    const known = entries.get(key);
    const decide = (decision: Decision) => compileMode.decisions.set(idOf(key), decision);
    if (!known) {
      const decided = compileMode.decisions.get(idOf(key));
      const verifiedCalls = decided === undefined ? 0 : VERIFIED_CALLS;
      if (decided === 'eager') {
        compileMode.report(`${name}: runs eagerly, because it did in the run's first part`);
        const outputs = runEagerly(fn, inputs);
        entries.set(key, { graph: undefined, joined: new Map(), outputs, verifiedCalls });
        return outputs;
      }
      const derived =
        batch && decided !== 'recorded'
          ? recordFewExamples(name, fn, inputs, batch, verifiedCalls)
          : undefined;
      if (derived) {
        const results = tryReplay(derived, tensors);
        if (results) {
          entries.set(key, derived);
          return results;
        }
        derived.graph?.dispose();
        derived.sample?.graph.dispose();
      }
      const entry = { ...record(name, fn, inputs, tensors), verifiedCalls };
      entries.set(key, entry);
      const replayed = entry.graph && tryReplay(entry, tensors);
      return replayed ? verify(entry, replayed, entry.outputs, decide) : entry.outputs;
    }
    if (!known.graph) return runEagerly(fn, inputs);
    if (batch && known.sample && known.verifiedCalls < VERIFIED_CALLS) {
      const agreed = compareSample(name, fn, inputs, batch, known);
      if (known.verifiedCalls >= VERIFIED_CALLS || !agreed) {
        known.sample.graph.dispose();
        known.sample = undefined;
        decide(agreed ? 'derived' : 'eager');
      }
      if (!agreed) {
        known.graph.dispose();
        known.graph = known.source = undefined;
        return runEagerly(fn, inputs);
      }
      return replay(known, tensors);
    }
    const replayed = replay(known, tensors);
    return known.verifiedCalls < VERIFIED_CALLS
      ? verify(known, replayed, runEagerly(fn, inputs), decide)
      : replayed;
  };

  const each = (calls: readonly I[]): O[] => {
    if (calls.length < 2 || !compileMode.enabled || backend.binding.listener) return calls.map(call);
    const key = keyOf(calls[0]!);
    // a run that goes on has proved its graph before and is to give what it would have given: only the graph is wanted
    const decided = compileMode.decisions.get(idOf(key)) ?? 'eager';
    if (!entries.has(key) && decided !== 'eager') disposeTree(call(calls[0]!));
    const entry = entries.get(key);
    const isTrusted = entry?.source && entry.verifiedCalls >= VERIFIED_CALLS;
    return (isTrusted && replayJoined(entry, calls)) || calls.map(call);
  };

  const replayJoined = (entry: Entry<O>, calls: readonly I[]): O[] | undefined => {
    const tensors = calls.map((inputs) => flatten(inputs));
    const varies = tensors[0]!.map((tensor, i) => tensors.some((call) => call[i] !== tensor));
    const key = `${calls.length}:${varies.map(Number).join('')}`;
    try {
      if (!entry.joined.has(key)) {
        entry.joined.set(key, loadGraph(backend.binding, joinGraph(entry.source!, varies, calls.length)));
      }
      const graph = entry.joined.get(key);
      if (!graph) return undefined;
      const feeds = varies.flatMap((isOwn, i) => (isOwn ? tensors.map((call) => call[i]!) : tensors[0]![i]!));
      const results = graph.run(backend.getInputTensorIds(feeds));
      sampleMemory();
      const outputs = results.map((result) => backend.createOutputTensor(result));
      const size = outputs.length / calls.length;
      return calls.map((_, i) => unflatten(entry.outputs, outputs.slice(i * size, (i + 1) * size)));
    } catch (error) {
      compileMode.report(`${name}: ${calls.length} calls run one by one, because ${reason(error)}`);
      entry.joined.get(key)?.dispose();
      entry.joined.set(key, undefined);
      return undefined;
    }
  };

  return Object.assign((inputs: I) => inPart(name, () => call(inputs)), {
    each: (calls: readonly I[]) => inPart(name, () => each(calls)),
    dispose() {
      for (const entry of entries.values()) {
        entry.graph?.dispose();
        for (const graph of entry.joined.values()) graph?.dispose();
        entry.sample?.graph.dispose();
      }
      entries.clear();
    },
  });
}

/** Records a whole call; its results are the entry's `outputs`. */
function record<I extends TensorTree, O extends TensorTree>(
  name: string,
  fn: (inputs: I) => O,
  inputs: I,
  tensors: readonly Tensor[],
): Entry<O> {
  const started = performance.now();
  const { outputs, recorder, references } = trace(fn, inputs, tensors);
  const entry: Entry<O> = { graph: undefined, joined: new Map(), outputs, verifiedCalls: 0 };
  if (recorder.failure !== undefined) {
    compileMode.report(`${name}: runs eagerly, because ${recorder.failure}`);
  } else {
    try {
      const loops = load(name, entry, recorder.nodes, references);
      reportRecording(name, recorder.nodes.length, '', started, loops);
    } catch (error) {
      compileMode.report(`${name}: ${rejection(error)}`);
    }
  }
  return entry;
}

/**
 * Records calls with two and three of the batch's examples and derives the graph for all of them, compared with an
 * eager run at `SAMPLE_SIZE`. Undefined where the batch is small anyway or the graph cannot be derived.
 */
function recordFewExamples<I extends TensorTree, O extends TensorTree>(
  name: string,
  fn: (inputs: I) => O,
  inputs: I,
  batch: (inputs: I) => TensorTree,
  verifiedCalls: number,
): Entry<O> | undefined {
  const size = flatten(batch(inputs))[0]?.shape[0] ?? 0;
  if (size < SAMPLE_SIZE) return undefined;
  const started = performance.now();
  const recordAt = (count: number, like?: Recording) =>
    withExamples(inputs, batch, count, (few) => {
      const traced = trace(fn, few, flatten(few), like);
      disposeTree(traced.outputs);
      return traced;
    });
  const two = recordAt(RECORDED_SIZES[0]);
  const entry: Entry<O> = { graph: undefined, joined: new Map(), outputs: two.outputs, verifiedCalls };
  try {
    const three = recordAt(RECORDED_SIZES[1], two);
    if (two.recorder.failure ?? three.recorder.failure) return undefined; // the whole recording says why
    const nodesAt = (count: number) => extrapolate(two.recorder.nodes, three.recorder.nodes, count);
    if (verifiedCalls < VERIFIED_CALLS) {
      const graph = loadGraph(
        backend.binding,
        unfused(keepSumOrder(backend.binding, nodesAt(SAMPLE_SIZE), two.references), two.references),
      );
      entry.sample = { graph, like: two };
      if (!compareSample(name, fn, inputs, batch, entry)) throw new NotLinear('the derived graph differs');
    }
    const loops = load(name, entry, nodesAt(size), two.references);
    reportRecording(name, two.recorder.nodes.length, ` with a few of ${size} examples`, started, loops);
    return entry;
  } catch (error) {
    entry.sample?.graph.dispose();
    compileMode.report(`${name}: the whole batch is recorded, because ${reason(error)}`);
    return undefined;
  }
}

/** Loads the graph, with loops fused where that pays; returns the number of kinds of loops. */
function load<O>(
  name: string,
  entry: Entry<O>,
  nodes: readonly RecordedNode[],
  references: readonly Reference[],
): number {
  const kept = keepSumOrder(backend.binding, nodes, references);
  const plain = unfused(kept, references);
  const isOnGpu = backend.binding.isUsingGpuDevice();
  const fused = isOnGpu ? plain : fuseScopes(kept, references);
  if (isOnGpu) noteFallback('loops are not fused, because the device is a GPU');
  for (const { reason, count } of fused.refusals ?? []) {
    noteFallback(`${name}: ${count} chain${count === 1 ? '' : 's'} of ops not fused, because ${reason}`);
  }
  entry.graph = loadGraph(backend.binding, fused);
  entry.source = fused;
  const loops = fused.functions.length;
  if (loops > 0) entry.unfused = plain;
  return loops;
}

function unfused(nodes: readonly RecordedNode[], outputs: readonly Reference[]): FusedGraph {
  return { nodes, functions: [], outputs };
}

function reportRecording(name: string, ops: number, how: string, started: number, loops: number): void {
  const wallMs = performance.now() - started;
  const fused = loops > 0 ? `, ${loops} kinds of loops fused` : '';
  compileMode.report(`${name}: recorded ${ops} ops${how} in ${wallMs.toFixed(0)} ms${fused}`);
}

/** Whether the sample graph gives what an eager run gives, on the first examples of `inputs`. */
function compareSample<I extends TensorTree, O extends TensorTree>(
  name: string,
  fn: (inputs: I) => O,
  inputs: I,
  batch: (inputs: I) => TensorTree,
  entry: Entry<O>,
): boolean {
  entry.verifiedCalls++;
  const { graph, like } = entry.sample!;
  return withExamples(inputs, batch, SAMPLE_SIZE, (few) => {
    const replayed = graph
      .run(backend.getInputTensorIds(flatten(few)))
      .map((result) => backend.createOutputTensor(result));
    let eager: Tensor[] = [];
    try {
      eager = flatten(releasing(like, () => runEagerly(fn, few)));
      const difference = largestDifference(eager, replayed);
      if (difference <= TOLERANCE[currentPrecision()]) return true;
      compileMode.report(
        `${name}: replay and eager run differ by ${difference.toExponential(1)} (relative); running eagerly`,
      );
    } catch (error) {
      compileMode.report(`${name}: runs eagerly, because it did not repeat its ops: ${reason(error)}`);
    } finally {
      for (const tensor of [...eager, ...replayed]) tensor.dispose();
    }
    return false;
  });
}

function rejection(error: unknown): string {
  return `runs eagerly, because TensorFlow rejects its graph: ${reason(error)}`;
}

function reason(error: unknown): unknown {
  return error instanceof Error ? error.message : error;
}
