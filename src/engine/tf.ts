import { closeSync, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import nodeUtil from 'node:util';
import type * as TF from '@tensorflow/tfjs-node-gpu';
import { MissingError, UsageError } from '../errors.js';
import { bf16Obstacle } from './bf16.js';
import { type NativeBinding, wrapBinding } from './binding.js';
import { noteFallback } from './compile-mode.js';

export type Tensor = TF.Tensor;
export type TensorInfo = TF.TensorInfo;
export type DataType = TF.DataType;

/** How floating-point numbers are held and multiplied; a property of the process once the engine is loaded. */
export type Precision = 'float32' | 'bf16' | 'float64';

/** The loaded backend; undefined until `loadEngine()` has resolved. A live binding: import it by name. */
export let tf: typeof TF;

/** The parts of tfjs-node's backend that its public types leave out. */
export interface EngineBackend {
  binding: NativeBinding;
  executeMultipleOutputs(name: string, attrs: object[], inputs: TensorInfo[], outputs: number): Tensor[];
  /** Uploads pending values; returns the native ids. */
  getInputTensorIds(tensors: TensorInfo[]): number[];
  /** Makes a tensor of a native handle. */
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): Tensor;
  /** One more tensor shares the data. */
  incRef(dataId: object): void;
  write(values: Float32Array | Float64Array | Int32Array, shape: number[], dtype: DataType): object;
}

export let backend: EngineBackend;

let loadedPrecision: Precision | undefined;

/**
 * Loads TensorFlow through tfjs-node-gpu, once a process.
 *
 * @param options.precision `bf16` lets oneDNN round float32 products' inputs to bfloat16 and must be chosen before
 *   TensorFlow is loaded; `float64` holds every tensor in double precision (synthetic problems and checks only).
 * @param options.threads where `GEN_BENCH_THREADS` does not say it; the first load counts
 * @throws MissingError when the addon or libtensorflow is absent; UsageError for a second, conflicting precision.
 */
export async function loadEngine(
  options: { precision?: Precision; threads?: number | undefined } = {},
): Promise<typeof TF> {
  const precision = options.precision ?? loadedPrecision ?? 'float32';
  if (loadedPrecision === undefined) {
    if (options.threads) process.env.GEN_BENCH_THREADS ??= String(options.threads);
    prepareEnvironment(precision);
    tf = requireTensorFlow();
    backend = tf.backend() as unknown as EngineBackend;
    backend.binding = wrapBinding(backend.binding);
    const obstacle = precision === 'bf16' && bf16Obstacle(backend.binding.isUsingGpuDevice());
    if (obstacle) noteFallback(`bf16: products are computed in float32, because ${obstacle}`);
  } else if (precision !== loadedPrecision && [precision, loadedPrecision].includes('bf16')) {
    throw new UsageError(
      `This process already computes in ${loadedPrecision}; precision ${precision} needs a process of its own.`,
    );
  }
  backend.binding.float64 = precision === 'float64';
  loadedPrecision = precision;
  return tf;
}

/** The precision in force; `float32` before the engine is loaded. */
export function currentPrecision(): Precision {
  return loadedPrecision ?? 'float32';
}

/** Threads an op may use: `GEN_BENCH_THREADS`, else all cores. */
export function threadCount(): number {
  const wanted = Number(process.env.GEN_BENCH_THREADS);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : availableParallelism();
}

function prepareEnvironment(precision: Precision): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threadCount());
  process.env.TF_NUM_INTEROP_THREADS ??= String(threadCount());
  if (precision === 'bf16') process.env.TF_SET_ONEDNN_FPMATH_MODE = 'BF16';
  // Node 23 removed these; tfjs-node 4.22 still calls them.
  const util = nodeUtil as unknown as Record<string, (value: unknown) => boolean>;
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

function requireTensorFlow(): typeof TF {
  const require = createRequire(import.meta.url);
  try {
    return silencingStandardError(() => {
      const module = require('@tensorflow/tfjs-node-gpu') as typeof TF;
      module.tensor1d([1]).square().dispose(); // starts oneDNN, which would announce itself later
      module.disposeVariables();
      return module;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new MissingError(
      `TensorFlow could not be loaded (${reason}). Run: npm run setup. Then see: gen-bench doctor.`,
    );
  }
}

/**
 * TensorFlow's library writes two lines to standard error while it loads, whatever its log level. The descriptor is
 * pointed at /dev/null meanwhile. Only a terminal or pipe can be reopened without harm: a socket cannot be reopened at
 * all, and a reopened file has a position of its own, so that others who write to it would overwrite our lines. There
 * TensorFlow's lines stay.
 */
function silencingStandardError<T>(action: () => T): T {
  const saved = reopenStandardError();
  if (saved === undefined) return action();
  const redirect = (path: string) => {
    closeSync(2);
    openSync(path, 'a'); // takes the lowest free descriptor: 2
  };
  redirect('/dev/null');
  try {
    return action();
  } finally {
    redirect(`/proc/self/fd/${saved}`);
    closeSync(saved);
  }
}

/** A second descriptor of standard error, or undefined where it must be left alone. */
function reopenStandardError(): number | undefined {
  try {
    const standardError = fstatSync(2);
    if (!standardError.isFIFO() && !standardError.isCharacterDevice()) return undefined;
    return openSync('/proc/self/fd/2', 'a');
  } catch {
    return undefined;
  }
}
