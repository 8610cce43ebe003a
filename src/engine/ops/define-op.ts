import { type Tensor, tf } from '../tf.js';

/** A native TensorFlow op with its native gradient, as a differentiable tfjs kernel. */
export interface OpDefinition<Attributes> {
  /** Unique kernel name in tfjs's registry. */
  readonly name: string;
  readonly forward: (inputs: readonly Tensor[], attributes: Attributes) => Tensor[];
  /** Which inputs and outputs `gradient` needs; `saved` holds them in this order, inputs first. */
  readonly saveInputs: readonly number[];
  readonly saveOutputs?: readonly number[];
  /**
   * Gradients of the differentiable inputs, by input index. `upstream` has an entry for every output (zeros where
   * nothing flows back).
   */
  readonly gradient: (
    upstream: readonly Tensor[],
    saved: readonly Tensor[],
    attributes: Attributes,
  ) => Readonly<Record<number, () => Tensor>>;
}

/**
 * Makes the function that runs the op. Inputs are positional tensors; the op enters tfjs's kernel and gradient
 * registries when it is first called, since TensorFlow is loaded late.
 */
export function defineOp<Attributes extends object>(definition: OpDefinition<Attributes>) {
  let registered = false;
  return (inputs: readonly Tensor[], attributes: Attributes): Tensor[] => {
    if (!registered) {
      register(definition);
      registered = true;
    }
    const named = Object.fromEntries(inputs.map((tensor, i) => [`x${i}`, tensor]));
    const result = tf.engine().runKernel(definition.name, named, attributes as never);
    return Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
  };
}

function register<Attributes extends object>(definition: OpDefinition<Attributes>): void {
  const { name, forward, saveInputs, saveOutputs = [], gradient } = definition;
  tf.registerKernel({
    kernelName: name,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) => {
      const list = Object.keys(inputs).map((_, i) => inputs[`x${i}`] as Tensor);
      const outputs = forward(list, attrs as unknown as Attributes);
      return outputs.length === 1 ? outputs[0]! : outputs;
    },
  });
  tf.registerGradient({
    kernelName: name,
    inputsToSave: saveInputs.map((i) => `x${i}`),
    outputsToSave: saveOutputs.length > 0 ? flags(saveOutputs) : [],
    gradFunc: (upstream, saved, attrs) => {
      const list = Array.isArray(upstream) ? upstream : [upstream];
      const gradients = gradient(list as Tensor[], saved, attrs as unknown as Attributes);
      return Object.fromEntries(Object.entries(gradients).map(([i, compute]) => [`x${i}`, compute]));
    },
  });
}

function flags(indices: readonly number[]): boolean[] {
  return Array.from({ length: Math.max(...indices) + 1 }, (_, i) => indices.includes(i));
}
