import type { HostValues, TensorMetadata } from './binding.js';
import { DT } from './binding.js';
import { type LoadedGraph, loadGraph } from './graph-def.js';
import { dataTypeNumber } from './raw.js';
import { NotRecordable, Recorder, recording } from './recorder.js';
import { backend, currentPrecision, type Tensor, tf } from './tf.js';
import { flatten, type TensorTree, unflatten } from './tree.js';

/**
 * Record once, replay as a graph. `compile(name, fn)` gives a function of the same meaning as the pure function `fn`:
 * the first call with some shapes runs it eagerly and records its ops, writes them as a TensorFlow graph, and from
 * then on that graph runs in a session: ops in parallel, buffers reused, constants folded.
 *
 * What `fn` may not do, because the graph would freeze it: read a tensor on the host, draw JavaScript random numbers,
 * use tensors that are not among its inputs, touch variables. Such a function runs eagerly and the reason is reported.
 * JavaScript numbers that change from call to call are frozen too; the first two replays of every graph are compared
 * with eager runs to catch that.
 */
export interface CompiledFunction<I extends TensorTree, O extends TensorTree> {
  /** Outputs are the caller's to dispose; inputs stay the caller's. */
  (inputs: I): O;
  dispose(): void;
}

export interface CompileMode {
  /** false: always eager (`--no-compile`). */
  enabled: boolean;
  /** Told why a function runs eagerly, and what was recorded (`--verbose`). */
  report: (message: string) => void;
}

export const compileMode: CompileMode = { enabled: true, report: () => {} };

/** Replays of a graph that are compared with an eager run. */
const VERIFIED_CALLS = 2;

/** Largest allowed difference between replay and eager run, against the largest entry: sums run in another order. */
const TOLERANCE = { float32: 5e-3, bf16: 5e-2, float64: 1e-9 } as const;

interface Entry<O> {
  graph: LoadedGraph | undefined;
  outputs: O | undefined;
  calls: number;
}

export function compile<I extends TensorTree, O extends TensorTree>(
  name: string,
  fn: (inputs: I) => O,
): CompiledFunction<I, O> {
  const entries = new Map<string, Entry<O>>();

  const call = (inputs: I): O => {
    if (!compileMode.enabled) return runEagerly(fn, inputs);
    const tensors = flatten(inputs);
    const key = `${currentPrecision()}|${tensors.map((t) => `${t.dtype}[${t.shape}]`).join(';')}`;
    let entry = entries.get(key);
    if (!entry) {
      entry = record(name, fn, inputs, tensors);
      entries.set(key, entry);
    }
    const { graph, outputs } = entry;
    if (!graph || !outputs) return runEagerly(fn, inputs);
    const results = graph.run(backend.getInputTensorIds(tensors)).map((m) => backend.createOutputTensor(m));
    const replayed = unflatten(outputs, results);
    if (entry.calls++ < VERIFIED_CALLS) {
      const difference = largestDifference(fn, inputs, results);
      if (!(difference <= TOLERANCE[currentPrecision()])) {
        compileMode.report(
          `${name}: replay and eager run differ by ${difference.toExponential(1)} (relative); running eagerly`,
        );
        for (const result of results) result.dispose();
        graph.dispose();
        entry.graph = undefined;
        return runEagerly(fn, inputs);
      }
    }
    return replayed;
  };

  return Object.assign(call, {
    dispose() {
      for (const entry of entries.values()) entry.graph?.dispose();
      entries.clear();
    },
  });
}

function runEagerly<I, O extends TensorTree>(fn: (inputs: I) => O, inputs: I): O {
  return tf.tidy(() => fn(inputs) as never) as O;
}

function record<I extends TensorTree, O extends TensorTree>(
  name: string,
  fn: (inputs: I) => O,
  inputs: I,
  tensors: readonly Tensor[],
): Entry<O> {
  const started = performance.now();
  const ids = backend.getInputTensorIds([...tensors]); // uploads them: an upload while recording would be a constant
  const recorder = new Recorder(tensors.map((tensor, i) => metadata(tensor, ids[i]!)));
  const live = tf.memory().numTensors;
  try {
    const outputs = recording(backend.binding, recorder, () => runEagerly(fn, inputs));
    const outputTensors = flatten(outputs);
    const references = recordingReferences(recorder, outputTensors);
    const graph = loadGraph(backend.binding, recorder.nodes, references);
    for (const tensor of outputTensors) if (!tensors.includes(tensor)) tensor.dispose();
    const wallMs = performance.now() - started;
    compileMode.report(`${name}: recorded ${recorder.nodes.length} ops in ${wallMs.toFixed(0)} ms`);
    return { graph, outputs, calls: 0 };
  } catch (error) {
    if (!(error instanceof NotRecordable) && !isGraphError(error)) throw error;
    const leaked = tf.memory().numTensors - live;
    compileMode.report(
      `${name}: runs eagerly, because ${error.message}${leaked > 0 ? ` (${leaked} tensors lost)` : ''}`,
    );
    return { graph: undefined, outputs: undefined, calls: 0 };
  }
}

function isGraphError(error: unknown): error is Error {
  return error instanceof Error && /SavedModel|NodeDef|Session/.test(error.message);
}

function metadata(tensor: Tensor, id: number): TensorMetadata {
  const dtype = dataTypeNumber(tensor.dtype);
  const exact = dtype === DT.FLOAT && currentPrecision() === 'float64' ? DT.DOUBLE : dtype;
  return { id, shape: tensor.shape, dtype: exact };
}

/** References of the outputs; outputs still on the host (constants never used by an op) are uploaded first. */
function recordingReferences(recorder: Recorder, outputs: readonly Tensor[]) {
  backend.binding.listener = recorder;
  try {
    const ids = backend.getInputTensorIds([...outputs]);
    return ids.map((id) => recorder.output(id, backend.binding.TF_ATTR_TYPE));
  } finally {
    backend.binding.listener = undefined;
  }
}

/** max |replay − eager| over all outputs, each against its own largest entry (floored by the largest of all). */
function largestDifference<I, O extends TensorTree>(
  fn: (inputs: I) => O,
  inputs: I,
  replayed: readonly Tensor[],
): number {
  const eager = flatten(runEagerly(fn, inputs));
  const pairs = eager.map(
    (tensor, i) => [tensor.dataSync(), replayed[i]!.dataSync()] as [HostValues, HostValues],
  );
  const scales = pairs.map(([expected]) => largest(expected));
  const floor = 1e-5 * Math.max(...scales, Number.MIN_VALUE);
  let worst = 0;
  pairs.forEach(([expected, actual], i) => {
    const scale = scales[i]! + floor;
    for (let j = 0; j < expected.length; j++) {
      const a = expected[j]!;
      const b = actual[j]!;
      if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) continue;
      const difference = Math.abs(a - b) / scale;
      if (!(difference <= worst)) worst = difference;
    }
  });
  const given = new Set(flatten(inputs as TensorTree));
  for (const tensor of eager) if (!given.has(tensor)) tensor.dispose();
  return worst;
}

function largest(values: HostValues): number {
  let result = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > result && Number.isFinite(size)) result = size;
  }
  return result;
}
