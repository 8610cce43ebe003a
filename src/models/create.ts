import { readAll } from '../engine/parameters.js';
import { loadEngine, type Tensor, tf } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { readWeights } from '../formats/weights.js';
import { loadAdapter, saveAdapter } from './adapter-file.js';
import { MaskRcnn } from './detection/mask-rcnn.js';
import { type StandaloneDetector, standaloneDetector } from './detector.js';
import { Scope } from './layers/scope.js';
import { detectors, encoders, generators, languageModels, models, recommenders } from './registry.js';
import type { DecodeInputs, KeyValueCache, LanguageModel, Model, ModelDefinition } from './types.js';
import { exportWeights, loadWeights } from './weights.js';

export interface CreateModelOptions {
  /** A name of `gen-bench list models`. */
  readonly name: string;
  /**
   * Classes of the classifier; a detector's count the background, as torchvision's. Models of images need it; models of
   * text without it have no classifier.
   */
  readonly numClasses?: number;
  /** Height and width of the images in pixels; models of images only. */
  readonly inputSize?: number;
  /** Channels of the images; 3 unless given. */
  readonly channels?: number;
  /** Items that a recommender chooses from, and the length of the sequences it reads; recommenders only. */
  readonly numItems?: number;
  readonly sequenceLength?: number;
  /** Of the initial weights; 0 unless given. */
  readonly seed?: number;
  /** What a config's `model` section may say beside the name, e.g. `{ peft: 'lora', lora_r: 4 }`. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A batch of token sequences. All int32 [B, T]. */
export interface TextInputs {
  readonly ids: Tensor;
  /** 1 a token, 0 padding; absent: no padding. */
  readonly mask?: Tensor;
  /** Which of two texts a token belongs to; absent: all 0. BERT only. */
  readonly tokenTypes?: Tensor;
}

export interface ForwardOptions extends Omit<TextInputs, 'ids'> {
  readonly training: boolean;
  /** Of the dropout masks; without it there is no dropout, in training either. */
  readonly dropoutSeed?: readonly [number, number];
}

/** A model that holds its own weights, for use as a library. */
export interface StandaloneModel extends Pick<Model, 'name' | 'parameters' | 'statistics' | 'dispose'> {
  /**
   * Logits, which the caller disposes: [B, K] of images [B, H, W, C] (float32) or token ids [B, T] (int32), [B, T, V] of
   * a language model's ids; without classes an encoder of text gives its last hidden states [B, T, F]. With `training`,
   * BatchNorm uses the batch's statistics and moves its running ones, as PyTorch does. Not differentiable by itself.
   */
  forward(x: Tensor | TextInputs, options: ForwardOptions): Tensor;
  /**
   * Language models only: reads further tokens after those of `cache` (see `LanguageModel.decode`). The caller disposes
   * logits and cache.
   */
  decode?(inputs: DecodeInputs, cache?: KeyValueCache): { logits: Tensor; cache: KeyValueCache };
  /**
   * Loads a safetensors file or PyTorch checkpoint with the names of timm, transformers or torchvision.
   * @param options.replaceHead let the classifier keep its fresh weights where the file has none that fits
   * @throws MissingError when the file is absent or damaged, or does not fit the model
   */
  loadWeights(path: string, options?: { readonly replaceHead?: boolean }): Promise<void>;
  /** The weights under their published names in PyTorch's layout. */
  exportWeights: () => ReturnType<typeof exportWeights>;
  /** Reads what `peft: lora` trains from a folder in the PEFT library's format. */
  loadAdapter(folder: string): Promise<void>;
  /** Writes what `peft: lora` trains to a folder in the PEFT library's format. */
  saveAdapter(folder: string): Promise<void>;
}

type DetectorName = keyof typeof detectors;

/**
 * Creates a model with fresh weights, loading TensorFlow first if need be.
 *
 * @example
 * const model = await createModel({ name: 'resnet50', numClasses: 1000, inputSize: 224 });
 * await model.loadWeights('resnet50.safetensors');
 * const logits = model.forward(image, { training: false });
 * @example
 * const model = await createModel({ name: 'roberta-base', numClasses: 3 });
 * const logits = model.forward(ids, { mask, training: false });
 * @example
 * const model = await createModel({ name: 'maskrcnn_resnet50_fpn', numClasses: 91 });
 * const [{ boxes, labels, scores, masks }] = model.forward(image, { training: false });
 * @throws UsageError for an unknown name or option; MissingError without TensorFlow
 */
export async function createModel(
  options: CreateModelOptions & { readonly name: DetectorName },
): Promise<StandaloneDetector>;
export async function createModel(options: CreateModelOptions): Promise<StandaloneModel>;
export async function createModel(
  options: CreateModelOptions,
): Promise<StandaloneModel | StandaloneDetector> {
  const { name, numClasses, inputSize, channels = 3, numItems, sequenceLength, seed = 0 } = options;
  const all: Readonly<Record<string, ModelDefinition>> = {
    ...{ ...models, ...encoders, ...languageModels, ...recommenders, ...generators, ...detectors },
  };
  if (!Object.hasOwn(all, name)) {
    throw new UsageError(`unknown model '${name}'; there are: ${Object.keys(all).join(', ')}.`);
  }
  const definition = all[name]!;
  const given = definition.options.safeParse(options.options ?? {});
  if (!given.success) {
    const problems = given.error.issues.map(
      (issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`,
    );
    throw new UsageError(`model ${name}: ${problems.join('; ')}`);
  }
  await loadEngine();
  const model = definition.create(given.data, {
    seed,
    numClasses,
    numItems,
    sequenceLength,
    ...(inputSize !== undefined && { imageShape: [inputSize, inputSize, channels] as const }),
  });
  return model instanceof MaskRcnn ? standaloneDetector(model) : standaloneModel(model, name);
}

function standaloneModel(model: Model, name: string): StandaloneModel {
  return {
    name,
    parameters: model.parameters,
    statistics: model.statistics,
    dispose: () => model.dispose(),
    forward: (x, forwardOptions) => forward(model, x, forwardOptions),
    ...(isLanguageModel(model) && {
      decode: (inputs: DecodeInputs, cache?: KeyValueCache) =>
        tf.tidy(() => model.decode(evaluationScope(model), inputs, cache) as never) as ReturnType<
          LanguageModel['decode']
        >,
    }),
    exportWeights: () => exportWeights(model),
    async loadWeights(path, { replaceHead = false } = {}) {
      await loadWeights(model, await readWeights(path), { source: path, replaceHead });
    },
    loadAdapter: (folder) => loadAdapter(model, folder),
    saveAdapter: (folder) => saveAdapter(model, folder),
  };
}

function isLanguageModel(model: Model): model is LanguageModel {
  return 'decode' in model;
}

function evaluationScope(model: Model): Scope {
  return new Scope(model.parameters, readAll(model.parameters), { training: false });
}

function forward(model: Model, x: Tensor | TextInputs, options: ForwardOptions): Tensor {
  const { training, dropoutSeed, ...text } = options;
  return tf.tidy(() => {
    const all = [...model.parameters, ...model.statistics];
    const seed = dropoutSeed && tf.tensor1d([...dropoutSeed], 'int32');
    const scope = new Scope(all, readAll(all), { training, ...(seed && { seed }) });
    const logits = model.forward(scope, inputsOf(x, text));
    if (training) {
      scope.statistics(model.statistics).forEach((value, i) => {
        model.statistics[i]!.assign(value);
        value.dispose(); // kept by the scope, so not tidied
      });
    }
    return logits;
  });
}

/** Token ids are int32, images are not. */
function inputsOf(x: Tensor | TextInputs, text: Omit<TextInputs, 'ids'>): Record<string, Tensor> {
  if (!('dataId' in x)) return { ...x, ...text };
  return x.dtype === 'int32' ? { ids: x, ...text } : { image: x };
}
