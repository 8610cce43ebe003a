/** `gen-bench explain`: what a config means, without data, weights or TensorFlow. */
import type { DatasetDefinition, DatasetFacts } from '../data/definition.js';
import { GenBenchError } from '../errors.js';
import { resolveGenOptions } from '../gen/options.js';
import { countParameters, type ParameterCounts } from '../models/peft.js';
import type { ModelDefinition } from '../models/types.js';
import { schedulers } from '../schedulers/registry.js';
import type { SchedulerDefinition } from '../schedulers/types.js';
import { stringifyConfig } from './output.js';
import { type Config, registryOf } from './schema.js';

/** Length of a run as far as the config alone tells it. */
interface Length {
  readonly stepsPerEpoch: number | undefined;
  readonly totalSteps: number | undefined;
}

export function explain(config: Config): string {
  const length = lengthOf(config);
  const lines = [
    '# resolved config',
    stringifyConfig(config).trimEnd(),
    '',
    '# what would run',
    ...describeParts(config),
    ...describeWeights(config),
    ...describeLength(config, length),
    ...describeLearningRate(config, length),
    ...describeCost(config, length),
  ];
  return `${lines.join('\n')}\n`;
}

function describeParts(config: Config): string[] {
  const describe = (section: 'model' | 'dataset' | 'optimizer' | 'scheduler') => {
    const name = config[section]?.name;
    const entry = name === undefined ? undefined : registryOf(section, config.task)?.[name];
    return entry ? [`${`${section}:`.padEnd(11)}${name}, ${entry.description}`] : [];
  };
  return [...describe('model'), ...describe('dataset'), ...describe('optimizer'), ...describe('scheduler')];
}

/** How many numbers the model has, and how many are trained; nothing where only the data tells its shape. */
function describeWeights(config: Config): string[] {
  const { name, ...options } = config.model;
  const definition = registryOf('model', config.task)?.[name] as ModelDefinition;
  const { numClasses, imageShape } = factsOf(config) ?? {};
  let counts: ParameterCounts;
  try {
    counts = countParameters(definition.create(options, { seed: config.train.seed, numClasses, imageShape }));
  } catch (error) {
    if (error instanceof GenBenchError) return [];
    throw error;
  }
  const { total, trainable, adapted } = counts;
  const head = trainable - adapted;
  const parts = head > 0 ? `: ${rounded(adapted)} + ${rounded(head)} of the classifier` : '';
  return [
    `weights:   ${rounded(total)}${trainable < total ? `, trained ${rounded(trainable)}${parts}` : ''}`,
  ];
}

function rounded(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1e6 ? `${(count / 1e3).toPrecision(3)} k` : `${(count / 1e6).toPrecision(3)} M`;
}

/** What is known of the chosen dataset. */
function factsOf(config: Config): DatasetFacts | undefined {
  if (!config.dataset) return undefined;
  const { name, ...options } = config.dataset;
  const definition = registryOf('dataset', config.task)?.[name] as DatasetDefinition | undefined;
  return definition?.facts(options);
}

function lengthOf(config: Config): Length {
  const { steps, epochs, batch_size } = config.train;
  const trainSize = factsOf(config)?.trainSize;
  // as the loader: the last partial batch is left out, and a set smaller than a batch is one batch
  const stepsPerEpoch = trainSize && Math.floor(trainSize / Math.min(batch_size, trainSize));
  if (steps !== undefined) return { stepsPerEpoch, totalSteps: steps };
  const totalSteps = stepsPerEpoch === undefined || epochs === undefined ? undefined : stepsPerEpoch * epochs;
  return { stepsPerEpoch, totalSteps };
}

function describeLength(config: Config, { stepsPerEpoch, totalSteps }: Length): string[] {
  if (totalSteps === undefined) return ['steps:     unknown until the data is there'];
  const epoch = stepsPerEpoch === undefined ? '' : `, ${stepsPerEpoch} an epoch`;
  const { batch_size, micro_batch_size } = config.train;
  const parts = micro_batch_size === null ? 1 : batch_size / micro_batch_size;
  const batch =
    config.task === 'synthetic'
      ? ''
      : `, batch ${batch_size}${parts > 1 ? ` as ${parts} × ${micro_batch_size}` : ''}`;
  return [`steps:     ${totalSteps}${epoch}${batch}`];
}

function describeLearningRate(config: Config, { stepsPerEpoch, totalSteps }: Length): string[] {
  const { name, ...options } = config.scheduler;
  const definition: SchedulerDefinition = (schedulers as Readonly<Record<string, SchedulerDefinition>>)[
    name
  ] as SchedulerDefinition;
  const baseLr = config.optimizer.lr;
  if (definition.kind === 'adaptive') return ['lr:        estimated while training'];
  if (config.scheduler.name === 'gen') {
    const { lr0 } = config.scheduler;
    const start = lr0 === 'auto' ? 'searched at the first step' : `${lr0 ?? baseLr}`;
    return [`lr:        starts at ${start}, then fitted every ${config.scheduler.phi} steps`];
  }
  if (totalSteps === undefined || definition.kind !== 'schedule') {
    return [`lr:        from ${baseLr} by ${name}`];
  }
  const schedule = definition.create(options, {
    baseLr,
    totalSteps,
    stepsPerEpoch: stepsPerEpoch ?? totalSteps,
  });
  const at = (fraction: number) => 1 + Math.round(fraction * (totalSteps - 1));
  const quartiles = [...new Set([0, 0.25, 0.5, 0.75, 1].map(at))];
  const values = quartiles.map((step) => `${schedule(step).toPrecision(4)} at ${step}`).join(', ');
  const columns = Math.min(48, totalSteps);
  const curve = Array.from({ length: columns }, (_, i) =>
    schedule(at(columns === 1 ? 0 : i / (columns - 1))),
  );
  return [`lr:        ${values}`, `           ${sparkline(curve)}`];
}

/** Values as a row of blocks, from 0 to the largest. */
function sparkline(values: readonly number[]): string {
  const blocks = '▁▂▃▄▅▆▇█';
  const top = Math.max(...values);
  return values
    .map((value) => blocks[top > 0 ? Math.min(7, Math.max(0, Math.round((value / top) * 7))) : 0])
    .join('');
}

/** Passes over a logical batch; evaluation is not counted. */
function describeCost(config: Config, { totalSteps }: Length): string[] {
  const cost = costPerProbe(config);
  const passes = (forward: number, backward: number) =>
    `${format(forward)} forward, ${format(backward)} backward`;
  if (!cost) {
    return [
      totalSteps === undefined
        ? 'cost:      1 forward, 1 backward a step'
        : `cost:      ${passes(totalSteps, totalSteps)}`,
    ];
  }
  const { phi, forward, backward } = cost;
  if (totalSteps === undefined) {
    return [`cost:      ${passes(1 + forward / phi, 1 + backward / phi)} a step on average`];
  }
  const probes = Math.floor(totalSteps / phi);
  const total = passes(totalSteps + probes * forward, totalSteps + probes * backward);
  return [`cost:      ${total} (${passes(totalSteps, totalSteps)} without GeN, ${probes} probes)`];
}

const format = (value: number) => String(Math.round(value * 100) / 100);

/** What a probe step costs beyond an ordinary one. */
function costPerProbe(config: Config): { phi: number; forward: number; backward: number } | undefined {
  if (config.scheduler.name !== 'gen') return undefined;
  const { phi, points, probe_batch, fit } = resolveGenOptions(config.scheduler);
  if (fit === 'one-sided') return { phi, forward: 1, backward: 0 };
  // on the gradient's own batch the loss at 0 is known already
  if (probe_batch === 'same') return { phi, forward: points.length - 1, backward: 0 };
  if (probe_batch === 'split') return { phi, forward: points.length / 2 - 0.5, backward: -0.5 };
  return { phi, forward: points.length, backward: 0 };
}
