import { datasets } from '../data/registry.js';
import { functions, models } from '../models/registry.js';
import type { TaskDefinition } from './types.js';

/** Every task by its name in a config. */
export const tasks = {
  classification: {
    name: 'classification',
    description: 'softmax cross-entropy over classes, scored by accuracy',
    models,
    datasets,
  },
  synthetic: {
    name: 'synthetic',
    description: 'a test function of two parameters, without data or noise',
    models: functions,
  },
} satisfies Record<string, TaskDefinition>;
