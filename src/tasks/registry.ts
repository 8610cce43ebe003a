import {
  datasets,
  detectionDatasets,
  generationDatasets,
  generativeDatasets,
  interactionDatasets,
  textDatasets,
} from '../data/registry.js';
import {
  detectors,
  encoders,
  functions,
  generators,
  languageModels,
  models,
  recommenders,
} from '../models/registry.js';
import { nlgEvalOptions, nlgTrainOptions } from './nlg-options.js';
import type { TaskDefinition } from './types.js';

/** Every task by its name in a config. */
export const tasks = {
  classification: {
    name: 'classification',
    description: 'softmax cross-entropy over classes, scored by accuracy',
    models,
    datasets,
  },
  detection: {
    name: 'detection',
    description: "objects and their masks by Mask R-CNN, scored by COCO's average precision",
    models: detectors,
    datasets: detectionDatasets,
  },
  gan: {
    name: 'gan',
    description: 'a generator against a discriminator, each with its own learning rate; grids of images',
    models: generators,
    datasets: generativeDatasets,
  },
  glue: {
    name: 'glue',
    description:
      "softmax cross-entropy over classes of texts, scored by accuracy, F1 and Matthews' correlation",
    models: encoders,
    datasets: textDatasets,
  },
  nlg: {
    name: 'nlg',
    description:
      'texts written for given contexts, scored by perplexity, BLEU, NIST, METEOR, ROUGE-L and CIDEr',
    models: languageModels,
    datasets: generationDatasets,
    train: nlgTrainOptions,
    eval: nlgEvalOptions,
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
