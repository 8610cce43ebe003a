import { UsageError } from '../errors.js';
import { noteHeld } from './memory.js';
import { floatTensor } from './raw.js';
import { backend, type Tensor, tf } from './tf.js';

/**
 * What changes while a model trains: a weight, a statistic, an average of an optimizer. Tensors are immutable, and a
 * variable's value is one; a tensor read earlier keeps its values when the variable takes another.
 */
export class Variable {
  readonly shape: readonly number[];
  private value: Tensor | undefined;

  /** @param initial stays the caller's; a bare shape leaves the variable to be assigned before it is read */
  constructor(initial: Tensor | { readonly shape: readonly number[] }) {
    this.shape = initial.shape;
    if ('dataId' in initial) this.assign(initial);
  }

  /** The current value, without a copy; the caller disposes it. */
  read(): Tensor {
    if (!this.value) throw new Error('a variable was read before it had a value');
    return share(this.value);
  }

  /** Takes over the value of `value` (same shape), which stays the caller's to dispose. */
  assign(value: Tensor): void {
    backend.getInputTensorIds([value]); // uploads it: while `compile` records, that would make a constant of it
    this.take(share(value));
  }

  /** Takes `value` (same shape, the result of an op), which is no longer the caller's. */
  take(value: Tensor): void {
    backend.binding.listener?.changedVariable();
    this.dispose();
    this.value = keep(value);
    noteHeld(bytesOf(value));
  }

  /** Gives its value away, which is the caller's to dispose; it has none until the next. */
  give(): Tensor {
    const { value } = this;
    if (!value) throw new Error('a variable was read before it had a value');
    noteHeld(-bytesOf(value));
    this.value = undefined;
    return value;
  }

  dispose(): void {
    if (this.value) this.give().dispose();
  }
}

/** Another tensor of the same values and shape, in the same memory. */
function share({ dataId, shape, dtype }: Tensor): Tensor {
  backend.incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype });
}

const bytesOf = ({ size }: Tensor) => size * 4; // as tfjs counts a float, whatever the precision

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
  private readonly made: Variable;
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
    this.made = new Variable(this);
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
    return this.made;
  }

  /** Takes over the value of `value` (same shape), which stays the caller's to dispose. */
  assign(value: Tensor): void {
    this.made.assign(value);
    this.initialValues = undefined;
  }

  dispose(): void {
    this.made.dispose();
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
