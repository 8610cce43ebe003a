import { basename } from 'node:path';
import type { Config } from '../config/schema.js';
import { cacheDirectory } from '../data/cache.js';
import type { DatasetDefinition } from '../data/definition.js';
import { locateWeights, type Places } from '../data/sources.js';
import type { Dataset } from '../data/types.js';
import type { Parameter } from '../engine/parameters.js';
import { inPart } from '../engine/profile.js';
import { readWeights } from '../formats/weights.js';
import { GenController } from '../gen/controller.js';
import { resolveGenOptions } from '../gen/options.js';
import type { GenerativeModel, Model, ModelDefinition } from '../models/types.js';
import { loadWeights } from '../models/weights.js';
import { optimizers } from '../optimizers/registry.js';
import type { Optimizer, OptimizerDefinition } from '../optimizers/types.js';
import { schedulers } from '../schedulers/registry.js';
import type { SchedulerDefinition } from '../schedulers/types.js';
import { classification } from '../tasks/classification.js';
import { detection } from '../tasks/detection.js';
import { discriminatorTask, gan, generatorTask } from '../tasks/gan.js';
import { glueTask } from '../tasks/glue.js';
import { nlgTask } from '../tasks/nlg.js';
import { recommendation } from '../tasks/recommendation.js';
import { tasks } from '../tasks/registry.js';
import { synthetic } from '../tasks/synthetic.js';
import type { Task } from '../tasks/task.js';
import type { TaskDefinition } from '../tasks/types.js';
import { tokenizers } from '../text/registry.js';
import type { Tokenizer } from '../text/types.js';
import { GanMethod } from './gan-method.js';
import { locateMeteor } from './meteor.js';
import { type Method, ScheduledMethod } from './method.js';
import type { Objective } from './objective.js';

/*
 * From a checked config to the things that run. The config's schema was derived from the same registries, so names are
 * known and options valid; TypeScript cannot follow that, hence the casts, here only.
 */

const running: Readonly<Record<Exclude<Config['task'], 'glue' | 'nlg'>, Task>> = {
  classification,
  detection,
  gan,
  recommendation,
  synthetic,
};

export function buildTask(config: Config, dataset: Dataset | undefined, dataDir: string | undefined): Task {
  if (config.task === 'glue') return glueTask(dataset?.numClasses ?? 2);
  if (config.task === 'nlg') {
    const { beam, length_penalty, no_repeat_ngram, max_tokens, generation_batch } = config.eval;
    return nlgTask({
      labelSmoothing: config.train.label_smoothing,
      decoding: {
        beam,
        lengthPenalty: length_penalty,
        noRepeatNgram: no_repeat_ngram,
        maxTokens: max_tokens,
        batchSize: generation_batch,
      },
      meteor: () => locateMeteor(places(dataDir)),
    });
  }
  return running[config.task];
}

function places(dataDir: string | undefined): Places {
  return { dataDir, cacheDir: cacheDirectory() };
}

/** What the config's task may choose from. */
function offered(config: Config): TaskDefinition {
  return tasks[config.task];
}

export async function buildDataset(
  config: Config,
  dataDir: string | undefined,
): Promise<Dataset | undefined> {
  if (!config.dataset) return undefined;
  const { name, ...options } = config.dataset;
  const definition = offered(config).datasets?.[name] as DatasetDefinition;
  const tokenizer = await buildTokenizer(config, dataDir);
  return definition.create(options, { ...places(dataDir), seed: config.train.seed, tokenizer });
}

/** That of the model, where it reads texts. */
async function buildTokenizer(config: Config, dataDir: string | undefined): Promise<Tokenizer | undefined> {
  const { name, ...options } = config.model;
  const definition = offered(config).models[name] as ModelDefinition;
  const wanted = definition.tokenizer?.(options);
  return wanted && tokenizers[wanted.name].load(places(dataDir), wanted.vocabSize);
}

/**
 * Gives the model its published weights where the config asks for them; the classifier starts afresh, as in the paper.
 *
 * @returns sha256 of the weights file by name
 */
export async function loadPretrained(
  config: Config,
  model: Model,
  dataDir: string | undefined,
): Promise<Record<string, string>> {
  if (!('pretrained' in config.model) || !config.model.pretrained) return {};
  const file = await locateWeights(config.model.name, places(dataDir));
  await loadWeights(model, await readWeights(file.path), { replaceHead: true, source: file.path });
  return { [basename(file.path)]: file.sha256 };
}

export function buildModel(config: Config, dataset: Dataset | undefined): Model {
  const { name, ...options } = config.model;
  const definition = offered(config).models[name] as ModelDefinition;
  return definition.create(options, {
    seed: config.train.seed,
    numClasses: dataset?.numClasses,
    imageShape: dataset?.imageShape,
    numItems: dataset?.numItems,
    sequenceLength: dataset?.sequenceLength,
  });
}

interface RunLength {
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
}

/** The way to train; with two networks that play against each other, one for each. */
export function buildMethod(config: Config, model: Model, objective: Objective, length: RunLength): Method {
  if (config.task !== 'gan') return buildSingleMethod(config, objective, length);
  const { generatorParameters, parameters, latentSize } = model as GenerativeModel;
  const own = new Set(generatorParameters);
  const others = parameters.filter((parameter) => !own.has(parameter));
  const build = (task: Task, only: readonly Parameter[]) =>
    buildSingleMethod(config, objective.part(task, only), length);
  return new GanMethod(
    {
      discriminator: build(discriminatorTask, others),
      generator: build(generatorTask, generatorParameters),
    },
    latentSize,
  );
}

function buildSingleMethod(config: Config, objective: Objective, run: RunLength): Method {
  const { name: schedulerName, ...options } = config.scheduler;
  const scheduler = schedulers[schedulerName] as SchedulerDefinition;
  if (scheduler.kind === 'adaptive') {
    const optimizer = named(scheduler.create(objective.trainable, config.optimizer, options));
    // Their learning rate is a factor on their own estimate; the base optimizer's `lr` plays no part.
    const { lr } = options as { lr: number };
    return new ScheduledMethod(objective, optimizer, () => lr);
  }
  const { name: optimizerName, ...optimizerOptions } = config.optimizer;
  const definition = optimizers[optimizerName] as OptimizerDefinition;
  const optimizer = named(definition.create(objective.trainable, optimizerOptions));
  const baseLr = (optimizerOptions as { lr: number }).lr;
  if (config.scheduler.name === 'gen') {
    const gen = resolveGenOptions(config.scheduler);
    return new GenController(objective, optimizer, gen, typeof gen.lr0 === 'number' ? gen.lr0 : baseLr);
  }
  const schedule = (scheduler as Extract<SchedulerDefinition, { kind: 'schedule' }>).create(options, {
    baseLr,
    ...run,
  });
  return new ScheduledMethod(objective, optimizer, schedule);
}

/** The optimizer, whose updates a profile shows by name. */
function named(optimizer: Optimizer): Optimizer {
  const step = optimizer.step.bind(optimizer);
  optimizer.step = (gradients, learningRate) =>
    inPart('optimizer update', () => step(gradients, learningRate));
  return optimizer;
}
