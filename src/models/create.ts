import { readAll } from '../engine/parameters.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { readWeights } from '../formats/weights.js';
import { Scope } from './layers/scope.js';
import { models } from './registry.js';
import type { Model, ModelDefinition } from './types.js';
import { exportWeights, loadWeights } from './weights.js';

export interface CreateModelOptions {
  /** A name of `gen-bench list models`. */
  readonly name: string;
  readonly numClasses: number;
  /** Height and width of the images in pixels. */
  readonly inputSize: number;
  /** Channels of the images; 3 unless given. */
  readonly channels?: number;
  /** Of the initial weights; 0 unless given. */
  readonly seed?: number;
}

/** A model that holds its own weights, for use as a library. */
export interface StandaloneModel extends Pick<Model, 'name' | 'parameters' | 'statistics' | 'dispose'> {
  /**
   * logits [B, K] of images [B, H, W, C] (float32); the caller disposes them. With `training`, BatchNorm uses the
   * batch's statistics and moves its running ones, as PyTorch does. Not differentiable by itself.
   */
  forward(image: Tensor, options: { readonly training: boolean }): Tensor;
  /**
   * Loads a safetensors file or PyTorch checkpoint with timm's names.
   * @throws MissingError when the file is absent or damaged, or does not fit the model
   */
  loadWeights(path: string): Promise<void>;
  /** The weights under timm's names in PyTorch's layout. */
  exportWeights: () => ReturnType<typeof exportWeights>;
}

/**
 * Creates a model with fresh weights, loading TensorFlow first if need be.
 *
 * @example
 * const model = await createModel({ name: 'resnet50', numClasses: 1000, inputSize: 224 });
 * await model.loadWeights('resnet50.safetensors');
 * const logits = model.forward(image, { training: false });
 * @throws UsageError for an unknown name; MissingError without TensorFlow
 */
export async function createModel(options: CreateModelOptions): Promise<StandaloneModel> {
  const { name, numClasses, inputSize, channels = 3, seed = 0 } = options;
  if (!Object.hasOwn(models, name)) {
    throw new UsageError(`unknown model '${name}'; there are: ${Object.keys(models).join(', ')}.`);
  }
  const definition: ModelDefinition = models[name as keyof typeof models];
  await loadEngine();
  const model = definition.create(definition.options.parse({}), {
    seed,
    numClasses,
    imageShape: [inputSize, inputSize, channels],
  });
  return {
    name,
    parameters: model.parameters,
    statistics: model.statistics,
    dispose: () => model.dispose(),
    forward: (image, { training }) => forward(model, image, training),
    exportWeights: () => exportWeights(model),
    async loadWeights(path) {
      await loadWeights(model, await readWeights(path), { source: path });
    },
  };
}

function forward(model: Model, image: Tensor, training: boolean): Tensor {
  return tf.tidy(() => {
    const all = [...model.parameters, ...model.statistics];
    const scope = new Scope(all, readAll(all), { training });
    const logits = model.forward(scope, { image });
    if (training) {
      scope.statistics(model.statistics).forEach((value, i) => {
        model.statistics[i]!.variable.assign(value);
        value.dispose(); // kept by the scope, so not tidied
      });
    }
    return logits;
  });
}
