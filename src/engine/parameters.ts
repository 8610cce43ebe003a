import { UsageError } from '../errors.js';
import { floatTensor, rawOp, rawOp1 } from './raw.js';
import { type Tensor, tf } from './tf.js';

let nextVariable = 0;

/**
 * A TensorFlow resource variable: a buffer that ops update in place. `read` copies nothing; a tensor read earlier
 * keeps its values when the variable changes afterwards (copy on write).
 */
export class Variable {
  readonly shape: readonly number[];
  /** Resource handle, the first input of ops such as `ResourceApplyAdam`. */
  readonly handle: Tensor;

  /** @param initial stays the caller's; a bare shape leaves the variable to be assigned before it is read */
  constructor(initial: Tensor | { readonly shape: readonly number[] }) {
    this.shape = initial.shape;
    this.handle = rawOp1('VarHandleOp', [], {
      dtype: { type: 'float32' },
      shape: { shape: initial.shape },
      shared_name: `variable-${nextVariable++}`,
      container: '',
    });
    keep(this.handle);
    if ('dataId' in initial) this.assign(initial);
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

type Values = Float32Array | Float64Array;

/**
 * A named weight or statistic of a model. Names and shapes follow timm, Hugging Face or torchvision.
 * Its initial values are computed when they are first needed: a parameter that is given a loaded value first never
 * does, and a model whose sizes alone are wanted needs no TensorFlow.
 */
export class Parameter {
  readonly shape: readonly number[];
  private made: Variable | undefined;
  /** Absent once the variable has a value. */
  private initialValues: Values | (() => Values) | undefined;

  /** @param trainable whether an optimizer may move it; parameter-efficient training decides before one is made */
  constructor(
    readonly name: string,
    initial: { readonly shape: readonly number[]; readonly values: Values | (() => Values) },
    public trainable: boolean,
    readonly layout: WeightLayout = 'same',
  ) {
    this.shape = initial.shape;
    this.initialValues = initial.values;
    if (tf) this.made = new Variable(this);
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  get variable(): Variable {
    const { initialValues } = this;
    if (initialValues) {
      const values = typeof initialValues === 'function' ? initialValues() : initialValues;
      const tensor = floatTensor(values, [...this.shape]);
      this.assign(tensor);
      tensor.dispose();
    }
    return this.made!;
  }

  /** Takes over the value of `value` (same shape), which stays the caller's to dispose. */
  assign(value: Tensor): void {
    this.made ??= new Variable(this);
    this.made.assign(value);
    this.initialValues = undefined;
  }

  dispose(): void {
    this.made?.dispose();
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
    parameter.assign(values[i]!);
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
