import type { TensorMetadata } from './binding.js';
import { DT } from './binding.js';
import { Lifetimes } from './lifetimes.js';
import { sampleMemory } from './memory.js';
import { dataTypeNumber, rawOp1 } from './raw.js';
import { Recorder, type Reference, recording } from './recorder.js';
import { backend, currentPrecision, type Tensor, tf } from './tf.js';
import { flatten, type TensorTree, unflatten } from './tree.js';

/* Eager runs of a pure function, as `compile` needs them: recorded, with a few examples only, sparing memory. */

/** Runs `fn` op by op. An input that it returns comes back as a copy, since outputs are the caller's to dispose. */
export function runEagerly<I extends TensorTree, O extends TensorTree>(fn: (inputs: I) => O, inputs: I): O {
  const given = new Set(flatten(inputs));
  const outputs = tf.tidy(() => fn(inputs) as never) as O;
  sampleMemory();
  return unflatten(
    outputs,
    flatten(outputs).map((tensor) => (given.has(tensor) ? tensor.clone() : tensor)),
  );
}

/** What a function does, op by op. */
export interface Recording {
  readonly recorder: Recorder;
  /** The function's results. */
  readonly references: readonly Reference[];
}

/** A recording and the results of the run that made it. */
export interface Trace<O> extends Recording {
  readonly outputs: O;
}

/**
 * Runs `fn` once eagerly and records its ops.
 *
 * @param like an earlier recording but for the number of examples
 */
export function trace<I extends TensorTree, O extends TensorTree>(
  fn: (inputs: I) => O,
  inputs: I,
  tensors: readonly Tensor[],
  like?: Recording,
): Trace<O> {
  const distinct = withoutRepeats(tensors);
  const ids = backend.getInputTensorIds(distinct); // uploads them: an upload while recording would be a constant
  const recorder = new Recorder(distinct.map((tensor, i) => metadata(tensor, ids[i]!)));
  const { outputs, references } = recording(backend.binding, recorder, () => {
    const results = releasing(like, () => runEagerly(fn, unflatten(inputs, distinct)));
    // Results still on the host (constants that no op used) are uploaded, and recorded, here.
    const outputIds = backend.getInputTensorIds(flatten(results));
    return {
      outputs: results,
      references: outputIds.map((id) => recorder.output(id, backend.binding.TF_ATTR_TYPE)),
    };
  });
  distinct.forEach((tensor, i) => {
    if (tensor !== tensors[i]) tensor.dispose();
  });
  return { outputs, recorder, references };
}

/** Runs `action`, eagerly what `like` recorded, giving back results that it will not use again. */
export function releasing<R>(like: Recording | undefined, action: () => R): R {
  const { binding } = backend;
  if (like?.recorder.failure === undefined) {
    binding.releases = like && new Lifetimes(like.recorder.nodes, like.references);
  }
  try {
    return action();
  } finally {
    binding.releases = undefined;
  }
}

/** Calls `action` with the inputs cut to the first `count` examples of the batch. */
export function withExamples<I extends TensorTree, R>(
  inputs: I,
  batch: (inputs: I) => TensorTree,
  count: number,
  action: (few: I) => R,
): R {
  const batched = new Set(flatten(batch(inputs)));
  const tensors = flatten(inputs);
  const cut = tensors.map((tensor) => (batched.has(tensor) ? tensor.slice([0], [count]) : tensor));
  try {
    return action(unflatten(inputs, cut));
  } finally {
    cut.forEach((tensor, i) => {
      if (tensor !== tensors[i]) tensor.dispose();
    });
  }
}

/** The tensors, with a copy for each that came before: as inputs of a graph they must be told apart. */
function withoutRepeats(tensors: readonly Tensor[]): Tensor[] {
  const seen = new Set<object>();
  return tensors.map((tensor) => {
    if (!seen.has(tensor.dataId)) {
      seen.add(tensor.dataId);
      return tensor;
    }
    return rawOp1('Identity', [tensor], { T: { type: tensor.dtype } });
  });
}

function metadata(tensor: Tensor, id: number): TensorMetadata {
  const dtype = dataTypeNumber(tensor.dtype);
  const exact = dtype === DT.FLOAT && currentPrecision() === 'float64' ? DT.DOUBLE : dtype;
  return { id, shape: tensor.shape, dtype: exact };
}
