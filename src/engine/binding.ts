/**
 * The seam between tfjs and TensorFlow's C API: every op of tfjs-node passes through `executeOp`. Two things happen
 * here and nowhere else: double precision (tfjs knows only float32) and the recording of ops for `compile`.
 */

export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

export interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
}

export type HostValues = Float32Array | Float64Array | Int32Array | Uint8Array;

/** What `compile` listens to while it records. */
export interface OpListener {
  createdTensor(id: number, shape: number[], dtype: number, values: HostValues): void;
  executedOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: TensorMetadata[]): void;
  readTensor(): void;
  changedVariable(): void;
  /** Ops until `endFusion` may become one. */
  beginFusion(): void;
  endFusion(): void;
}

/** What a profile listens to: every call into TensorFlow, as it is made. */
export interface CallTimer {
  op<T>(name: string, call: () => T): T;
  session<T>(id: number, call: () => T): T;
}

/** What an eager run is told by the record of an earlier one: results that it will not use again. */
export interface Releases {
  created(): void;
  /** An op has run: the ids that end with it. */
  executed(name: string, outputs: readonly number[]): readonly number[];
}

export interface NativeBinding {
  createTensor(shape: number[], dtype: number, values: HostValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): HostValues;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorMetadata[];
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): TensorMetadata[];
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  /** While true, what tfjs calls float32 is held in double precision. */
  float64: boolean;
  /** Set while `compile` records. */
  listener: OpListener | undefined;
  /** Set while calls are timed. */
  timer: CallTimer | undefined;
  /** Set while an eager run gives results back early. tfjs disposes them later, which does nothing then. */
  releases: Releases | undefined;
}

/** TensorFlow's DataType numbers, as in its `types.proto`. */
export const DT = { FLOAT: 1, DOUBLE: 2, INT32: 3, STRING: 7, INT64: 9, BOOL: 10, RESOURCE: 20 } as const;

/** Names that a timer sees for copies between JavaScript and TensorFlow. */
const UPLOAD = 'host → TensorFlow';
const DOWNLOAD = 'TensorFlow → host';

export function wrapBinding(native: NativeBinding): NativeBinding {
  const doubles = new Set<number>();
  const released = new Set<number>();

  /** tfjs must see float32 where the tensor is double. */
  const present = (outputs: TensorMetadata[]): TensorMetadata[] => {
    for (const output of outputs) {
      if (output.dtype === DT.DOUBLE) {
        doubles.add(output.id);
        output.dtype = DT.FLOAT;
      }
    }
    return outputs;
  };

  const remove = (id: number): void => {
    doubles.delete(id);
    if (!released.delete(id)) native.deleteTensor(id);
  };

  const timed = <T>(name: string, call: () => T): T =>
    wrapped.timer ? wrapped.timer.op(name, call) : call();

  const create = (shape: number[], dtype: number, values: HostValues): number => {
    const id = timed(UPLOAD, () => native.createTensor(shape, dtype, values));
    wrapped.listener?.createdTensor(id, shape, dtype, values);
    wrapped.releases?.created();
    return id;
  };

  const execute = (name: string, attributes: OpAttribute[], inputs: number[], count: number) => {
    const outputs = timed(name, () => native.executeOp(name, attributes, inputs, count));
    // A copy: `present` renames the data type, and the record needs the true one.
    wrapped.listener?.executedOp(
      name,
      attributes,
      inputs,
      outputs.map((output) => ({ ...output })),
    );
    const ended = wrapped.releases?.executed(
      name,
      outputs.map(({ id }) => id),
    );
    for (const id of ended ?? []) {
      remove(id);
      released.add(id);
    }
    for (const output of outputs) {
      // tfjs has no int64 and would warn; such a tensor only goes on into other ops.
      if (output.dtype === DT.INT64) output.dtype = DT.INT32;
    }
    return outputs;
  };

  const typeAttribute = (name: string, value: number): OpAttribute => ({
    name,
    type: native.TF_ATTR_TYPE,
    value,
  });

  /** The C API takes no doubles from JavaScript: their bytes go in as pairs of int32. */
  const createDouble = (shape: number[], values: HostValues): number => {
    const exact = values instanceof Float64Array ? values : Float64Array.from(values);
    const words = new Int32Array(exact.buffer, exact.byteOffset, exact.length * 2);
    const id = create([...shape, 2], DT.INT32, words);
    const outputs = execute(
      'Bitcast',
      [typeAttribute('T', DT.INT32), typeAttribute('type', DT.DOUBLE)],
      [id],
      1,
    );
    remove(id);
    return present(outputs)[0]!.id;
  };

  const readDouble = (id: number): Float64Array => {
    const [words] = native.executeOp(
      'Bitcast',
      [typeAttribute('T', DT.DOUBLE), typeAttribute('type', DT.INT32)],
      [id],
      1,
    );
    const values = native.tensorDataSync(words!.id);
    native.deleteTensor(words!.id);
    return new Float64Array(values.slice().buffer);
  };

  const wrapped: NativeBinding = Object.create(native as object, {
    float64: { value: false, writable: true },
    listener: { value: undefined, writable: true },
    timer: { value: undefined, writable: true },
    releases: { value: undefined, writable: true },
    createTensor: {
      value: (shape: number[], dtype: number, values: HostValues) =>
        wrapped.float64 && dtype === DT.FLOAT ? createDouble(shape, values) : create(shape, dtype, values),
    },
    deleteTensor: {
      value: remove,
    },
    tensorDataSync: {
      value: (id: number) => {
        wrapped.listener?.readTensor();
        return timed(DOWNLOAD, () => (doubles.has(id) ? readDouble(id) : native.tensorDataSync(id)));
      },
    },
    executeOp: {
      value: (name: string, attributes: OpAttribute[], inputs: number[], count: number) => {
        if (!wrapped.float64) return execute(name, attributes, inputs, count);
        const exact = attributes.map((attribute) =>
          attribute.type === native.TF_ATTR_TYPE && attribute.value === DT.FLOAT
            ? { ...attribute, value: DT.DOUBLE }
            : attribute,
        );
        return present(execute(name, exact, inputs, count));
      },
    },
    runSavedModel: {
      value: (id: number, inputs: number[], inputNames: string, outputNames: string) => {
        const call = () => native.runSavedModel(id, inputs, inputNames, outputNames);
        return present(wrapped.timer ? wrapped.timer.session(id, call) : call());
      },
    },
  });
  return wrapped;
}
