import type { Parameter, WeightLayout } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import { MissingError } from '../errors.js';
import type { TensorData, TensorEntry } from '../formats/dtype.js';
import type { TensorToWrite } from '../formats/safetensors-write.js';
import type { Model } from './types.js';

/** What a weights file gives of each tensor, in PyTorch's layout. */
export type WeightSource = ReadonlyMap<string, Pick<TensorEntry, 'shape' | 'read'>>;

/** Tensors of a state dict that say nothing about the network. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/** Names listed of each kind of problem before the rest is only counted. */
const NAMED_PROBLEMS = 5;

/**
 * Gives a model the parameters and statistics of `published`, by name, whatever names `Model.importWeights` knows them by.
 * Nothing is assigned unless everything fits.
 *
 * @param options.replaceHead let the classifier keep its initial weights where it is absent or of another shape
 * @param options.source named in errors, e.g. the file
 * @returns names that kept their initial weights
 * @throws MissingError listing every missing name, unknown name and wrong shape
 */
export async function loadWeights(
  model: Model,
  published: WeightSource,
  options: { readonly replaceHead?: boolean; readonly source?: string } = {},
): Promise<string[]> {
  const weights = model.importWeights?.(published) ?? published;
  const all = [...model.parameters, ...model.statistics];
  const added = model.peft?.added.filter(({ name }) => !weights.has(name)) ?? [];
  const kept = new Set([...added, ...(options.replaceHead ? headToReplace(model, weights) : [])]);
  const wanted = all.filter((parameter) => !kept.has(parameter));
  const problems = mismatches(wanted, weights, new Set(all.map(({ name }) => name)));
  if (problems.length > 0) {
    throw new MissingError(
      `${options.source ?? 'The weights'} do not fit ${model.name}: ${problems.join('; ')}. ` +
        'Use weights of this architecture (for a classifier of other classes, replace its head).',
    );
  }
  for (const parameter of wanted) {
    const given = weights.get(parameter.name)!;
    const tensor = fromPytorch(await given.read(), given.shape, parameter);
    parameter.assign(tensor);
    tensor.dispose();
  }
  return [...kept].map(({ name }) => name);
}

/** A model's parameters and statistics under their names in PyTorch's layout, for `writeSafetensors`. */
export function exportWeights(model: Model): TensorToWrite[] {
  return [...model.parameters, ...model.statistics].map((parameter) => {
    const data = toPytorch(parameter);
    return {
      name: parameter.name,
      dtype: data instanceof Float64Array ? 'F64' : 'F32',
      shape: pytorchShape(parameter),
      data,
    };
  });
}

function headToReplace(model: Model, weights: WeightSource): readonly Parameter[] {
  const fits = model.head.every((parameter) => sameShape(weights.get(parameter.name)?.shape, parameter));
  return fits ? [] : model.head;
}

function sameShape(found: readonly number[] | undefined, parameter: Parameter): boolean {
  return found?.join() === pytorchShape(parameter).join();
}

function mismatches(
  wanted: readonly Parameter[],
  weights: WeightSource,
  known: ReadonlySet<string>,
): string[] {
  const missing = wanted.filter(({ name }) => !weights.has(name)).map(({ name }) => name);
  const unknown = [...weights.keys()].filter((name) => !known.has(name) && !IGNORED.test(name));
  const wrong = wanted.flatMap((parameter) => {
    const found = weights.get(parameter.name)?.shape;
    if (!found || sameShape(found, parameter)) return [];
    return [`${parameter.name} is [${found}], expected [${pytorchShape(parameter)}]`];
  });
  const describe = (what: string, names: readonly string[]) => {
    if (names.length === 0) return [];
    const rest = names.length > NAMED_PROBLEMS ? ` and ${names.length - NAMED_PROBLEMS} more` : '';
    return [`${what} ${names.slice(0, NAMED_PROBLEMS).join(', ')}${rest}`];
  };
  return [
    ...describe('missing', missing),
    ...describe('not in the model:', unknown),
    ...describe('wrong shape:', wrong),
  ];
}

/** For each axis in memory, its axis in PyTorch. */
const AXES: Readonly<Record<WeightLayout, readonly number[] | undefined>> = {
  same: undefined,
  conv: [2, 3, 1, 0], // [h, w, in, out] of [out, in, h, w]
  linear: [1, 0], // [in, out] of [out, in]
};

function pytorchShape({ shape, layout }: Parameter): readonly number[] {
  const axes = AXES[layout];
  return axes ? axes.map((_, axis) => shape[axes.indexOf(axis)]!) : shape;
}

function fromPytorch(data: TensorData, shape: readonly number[], { layout }: Parameter): Tensor {
  const axes = AXES[layout];
  return tf.tidy(() => {
    const exact = data instanceof Float32Array ? data : Float64Array.from(data as ArrayLike<number>);
    const tensor = floatTensor(exact, [...shape]);
    return axes ? tensor.transpose([...axes]) : tensor;
  });
}

/** The parameter's current values in PyTorch's layout. */
function toPytorch({ variable, layout }: Parameter): Float32Array | Float64Array {
  const axes = AXES[layout];
  const tensor = tf.tidy(() => {
    const value = variable.read();
    return axes ? value.transpose(axes.map((_, axis) => axes.indexOf(axis))) : value;
  });
  const data = readFloats(tensor);
  tensor.dispose();
  return data;
}
