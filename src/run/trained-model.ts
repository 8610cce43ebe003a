import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { cacheDirectory } from '../data/cache.js';
import type { DatasetDefinition, DatasetFacts } from '../data/definition.js';
import { locateWeights } from '../data/sources.js';
import { floatTensor } from '../engine/raw.js';
import { loadEngine } from '../engine/tf.js';
import { MissingError, UsageError } from '../errors.js';
import { readWeights } from '../formats/weights.js';
import type { Model, ModelDefinition } from '../models/types.js';
import { loadWeights } from '../models/weights.js';
import { tasks } from '../tasks/registry.js';
import type { TaskDefinition } from '../tasks/types.js';
import { readTrainedWeights } from './checkpoint.js';

/** A model as a run left it, or with its published weights. */
export interface TrainedModel {
  readonly config: Config;
  readonly model: Model;
  /** Those of the config's data set; `classNames` only where the model's classes are the data set's. */
  readonly facts: DatasetFacts;
}

/**
 * The model of a run's directory with the weights of its checkpoint, or of a config file with the published weights that
 * it starts from, their classifier included. Loads TensorFlow; reads no data set.
 *
 * @throws UsageError for a config without published weights; MissingError where there is no checkpoint
 */
export async function loadTrainedModel(path: string, dataDir: string | undefined): Promise<TrainedModel> {
  if (!existsSync(path))
    throw new MissingError(`${path}: no such file or directory; expected a run or a config`);
  return statSync(path).isDirectory() ? modelOfRun(path) : modelOfConfig(path, dataDir);
}

async function modelOfRun(directory: string): Promise<TrainedModel> {
  const config = loadConfig(join(directory, 'config.yaml'));
  const weights = await readTrainedWeights(directory);
  await loadEngine({ precision: config.train.precision });
  const { model, facts } = create(config, ({ name }) => weights.get(name)?.shape);
  for (const parameter of [...model.parameters, ...model.statistics]) {
    const found = weights.get(parameter.name);
    if (found?.shape.join() !== parameter.shape.join()) {
      throw new MissingError(`the checkpoint in ${directory} does not fit its config: ${parameter.name}`);
    }
    const value = floatTensor(found.data, [...found.shape]);
    parameter.assign(value);
    value.dispose();
  }
  return { config, model, facts };
}

async function modelOfConfig(path: string, dataDir: string | undefined): Promise<TrainedModel> {
  const config = loadConfig(path);
  if (!('pretrained' in config.model) || !config.model.pretrained) {
    throw new UsageError(
      `${path}: its model starts from random weights. Name the directory of a run instead, e.g. results/${config.name}/seed-0.`,
    );
  }
  const file = await locateWeights(config.model.name, { dataDir, cacheDir: cacheDirectory() });
  const published = await readWeights(file.path);
  await loadEngine({ precision: config.train.precision });
  const { model, facts } = create(
    config,
    ({ name }, own) => (own.importWeights?.(published) ?? published).get(name)?.shape,
  );
  await loadWeights(model, published, { source: file.path });
  return { config, model, facts };
}

/**
 * A fresh model with as many classes as its weights have.
 *
 * @param shapeOf shape of a parameter in the weights
 */
function create(
  config: Config,
  shapeOf: (parameter: Model['parameters'][number], model: Model) => readonly number[] | undefined,
): Omit<TrainedModel, 'config'> {
  const task: TaskDefinition = tasks[config.task];
  const { name, ...options } = config.model;
  const { name: dataset = '', ...dataOptions } = config.dataset ?? {};
  const definition = task.datasets?.[dataset] as DatasetDefinition | undefined;
  const facts = definition?.facts(dataOptions) ?? {};
  const make = (numClasses: number) =>
    (task.models[name] as ModelDefinition).create(options, {
      seed: 0,
      numClasses,
      ...(facts.imageShape && { imageShape: facts.imageShape }),
    });
  const expected = facts.numClasses ?? 2;
  const model = make(expected);
  // one number a class, in a vector: the classifier's bias
  const bias = model.head.find(({ shape }) => shape.length === 1 && shape[0] === expected);
  const [found] = (bias && shapeOf(bias, model)) ?? [expected];
  if (found === expected) return { model, facts };
  model.dispose();
  const { classNames: _others, ...rest } = facts;
  return { model: make(found!), facts: { ...rest, numClasses: found! } };
}
