import { datasets, generativeDatasets, interactionDatasets } from '../data/registry.js';
import { functions, generators, models, recommenders } from '../models/registry.js';
import type { TaskDefinition } from './types.js';

/** Every task by its name in a config. */
export const tasks = {
  classification: {
    name: 'classification',
    description: 'softmax cross-entropy over classes, scored by accuracy',
    models,
    datasets,
  },
  gan: {
    name: 'gan',
    description: 'a generator against a discriminator, each with its own learning rate; grids of images',
    models: generators,
    datasets: generativeDatasets,
  },
  recommendation: {
    name: 'recommendation',
    description: 'masked items of a sequence, scored by the rank of the next item among sampled others',
    models: recommenders,
    datasets: interactionDatasets,
  },
  synthetic: {
    name: 'synthetic',
    description: 'a test function of two parameters, without data or noise',
    models: functions,
  },
} satisfies Record<string, TaskDefinition>;
