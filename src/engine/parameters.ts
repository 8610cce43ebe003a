import { UsageError } from '../errors.js';
import { floatTensor, rawOp, rawOp1 } from './raw.js';
import type { Tensor } from './tf.js';

let nextVariable = 0;

/**
 * A TensorFlow resource variable: a buffer that ops update in place. `read` copies nothing; a tensor read earlier
 * keeps its values when the variable changes afterwards (copy on write).
 */
export class Variable {
  readonly shape: readonly number[];
  /** Resource handle, the first input of ops such as `ResourceApplyAdam`. */
  readonly handle: Tensor;

  /** `initial` stays the caller's. */
  constructor(initial: Tensor) {
    this.shape = initial.shape;
    this.handle = rawOp1('VarHandleOp', [], {
      dtype: { type: 'float32' },
      shape: { shape: initial.shape },
      shared_name: `variable-${nextVariable++}`,
      container: '',
    });
    keep(this.handle);
    this.assign(initial);
  }

  /** The current value; the caller disposes it. */
  read(): Tensor {
    return rawOp1('ReadVariableOp', [this.handle], { dtype: { type: 'float32' } });
  }

  /** Takes over the value of `value` (same shape), which stays the caller's to dispose. */
  assign(value: Tensor): void {
    rawOp('AssignVariableOp', [this.handle, value], { dtype: { type: 'float32' } }, 0);
  }

  dispose(): void {
    rawOp('DestroyResourceOp', [this.handle], { ignore_lookup_error: true }, 0);
    this.handle.dispose();
  }
}

/** How a weight lies in memory against PyTorch's layout: `conv` is HWIO here and OIHW there, `linear` [in, out] against [out, in]. */
export type WeightLayout = 'same' | 'conv' | 'linear';

/** A named weight or statistic of a model. Names and shapes follow timm, Hugging Face or torchvision. */
export class Parameter {
  readonly variable: Variable;

  constructor(
    readonly name: string,
    initial: { readonly shape: readonly number[]; readonly values: Float32Array | Float64Array },
    readonly trainable: boolean,
    readonly layout: WeightLayout = 'same',
  ) {
    const tensor = floatTensor(initial.values, [...initial.shape]);
    this.variable = new Variable(tensor);
    tensor.dispose();
  }

  get shape(): readonly number[] {
    return this.variable.shape;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  dispose(): void {
    this.variable.dispose();
  }
}

/** Current values, in order; the caller disposes them. */
export function readAll(parameters: readonly Parameter[]): Tensor[] {
  return parameters.map((parameter) => parameter.variable.read());
}

export function assignAll(parameters: readonly Parameter[], values: readonly Tensor[]): void {
  if (parameters.length !== values.length) {
    throw new UsageError(`${values.length} tensors given for ${parameters.length} parameters`);
  }
  parameters.forEach((parameter, i) => {
    parameter.variable.assign(values[i]!);
  });
}

export function disposeAll(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}

/** Takes a tensor out of the enclosing `tf.tidy`: its owner disposes it. */
export function keep<T extends Tensor>(tensor: T): T {
  tensor.kept = true;
  return tensor;
}
