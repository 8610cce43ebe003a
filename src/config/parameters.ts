import type { DatasetDefinition, DatasetFacts } from '../data/definition.js';
import { GenBenchError } from '../errors.js';
import { countParameters, type ParameterCounts } from '../models/peft.js';
import type { ModelDefinition } from '../models/types.js';
import { type Config, registryOf } from './schema.js';

/** What is known of the chosen dataset. */
export function factsOf(config: Config): DatasetFacts | undefined {
  if (!config.dataset) return undefined;
  const { name, ...options } = config.dataset;
  const definition = registryOf('dataset', config.task)?.[name] as DatasetDefinition | undefined;
  return definition?.facts(options);
}

/** How many numbers the model has, and how many are trained; undefined where only the data tells its shape. */
export function parameterCounts(config: Config): ParameterCounts | undefined {
  const { name, ...options } = config.model;
  const definition = registryOf('model', config.task)?.[name] as ModelDefinition;
  const { numClasses, imageShape } = factsOf(config) ?? {};
  try {
    return countParameters(definition.create(options, { seed: config.train.seed, numClasses, imageShape }));
  } catch (error) {
    if (error instanceof GenBenchError) return undefined;
    throw error;
  }
}
