import { DT, type OpAttribute } from './binding.js';
import { backend, currentPrecision, type DataType, type Tensor, type TensorInfo, tf } from './tf.js';

/**
 * Attribute values of a TensorFlow op by name. A string is a string attribute, `{ type }` a data type, `{ int }` and
 * `{ float }` numbers (or lists of them), `{ shape }` a shape.
 */
export type AttributeValue =
  | boolean
  | string
  | { readonly type: DataType | 'resource' | 'int64' }
  | { readonly int: number | readonly number[] }
  | { readonly float: number | readonly number[] }
  | { readonly shape: readonly number[] };

/**
 * Runs any TensorFlow op by its registered name and returns its `outputs` tensors. Not differentiable by itself:
 * `defineOp` gives it a gradient.
 */
export function rawOp(
  name: string,
  inputs: readonly TensorInfo[],
  attributes: Readonly<Record<string, AttributeValue>>,
  outputs = 1,
): Tensor[] {
  const list = Object.entries(attributes).map(([key, value]) => opAttribute(key, value));
  return backend.executeMultipleOutputs(name, list, inputs as TensorInfo[], outputs);
}

/** `rawOp` for ops with one output. */
export function rawOp1(
  name: string,
  inputs: readonly TensorInfo[],
  attributes: Readonly<Record<string, AttributeValue>>,
): Tensor {
  return rawOp(name, inputs, attributes, 1)[0]!;
}

export const FLOAT = { type: 'float32' } as const;
export const INT32 = { type: 'int32' } as const;

function opAttribute(name: string, value: AttributeValue): OpAttribute {
  const { binding } = backend;
  if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value };
  if (typeof value === 'string') return { name, type: binding.TF_ATTR_STRING, value };
  if ('type' in value) return { name, type: binding.TF_ATTR_TYPE, value: dataTypeNumber(value.type) };
  if ('int' in value) return { name, type: binding.TF_ATTR_INT, value: value.int as number | number[] };
  if ('float' in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float as number | number[] };
  return { name, type: binding.TF_ATTR_SHAPE, value: value.shape as number[] };
}

export function dataTypeNumber(dtype: DataType | 'resource' | 'int64'): number {
  switch (dtype) {
    case 'float32':
      return DT.FLOAT;
    case 'int32':
      return DT.INT32;
    case 'bool':
      return DT.BOOL;
    case 'resource':
      return DT.RESOURCE;
    case 'int64':
      return DT.INT64;
    default:
      throw new Error(`no TensorFlow data type for ${dtype}`);
  }
}

/**
 * A float tensor of exact host values: in double precision nothing is rounded through float32, as `tf.tensor` would.
 * Shape: as given, or a scalar for a number.
 */
export function floatTensor(
  values: number | Float32Array | Float64Array | readonly number[],
  shape?: number[],
): Tensor {
  const list = typeof values === 'number' ? [values] : values;
  const exact =
    currentPrecision() === 'float64'
      ? Float64Array.from(list)
      : list instanceof Float32Array
        ? list
        : Float32Array.from(list);
  const dims = shape ?? (typeof values === 'number' ? [] : [exact.length]);
  const dataId = backend.write(exact, dims, 'float32');
  return tf.engine().makeTensorFromDataId(dataId, dims, 'float32');
}

/** Host copy of a float tensor: Float32Array, or Float64Array in double precision. */
export function readFloats(tensor: Tensor): Float32Array | Float64Array {
  return tensor.dataSync() as Float32Array | Float64Array;
}

/** Runs `action` with numbers as scalar tensors in the precision of the process. */
export function withScalars<Name extends string, R>(
  values: Readonly<Record<Name, number>>,
  action: (scalars: Readonly<Record<Name, Tensor>>) => R,
): R {
  const scalars = Object.fromEntries(
    Object.entries<number>(values).map(([name, value]) => [name, floatTensor(value)]),
  ) as Record<Name, Tensor>;
  try {
    return action(scalars);
  } finally {
    for (const scalar of Object.values<Tensor>(scalars)) scalar.dispose();
  }
}
