/** `gen-bench explain`: what a config means, without data, weights or TensorFlow. */
import { schedulers } from '../schedulers/registry.js';
import type { SchedulerDefinition } from '../schedulers/types.js';
import { sparkline } from '../sparkline.js';
import { type Length, lengthOf } from './length.js';
import { estimateMemory } from './memory.js';
import { stringifyConfig } from './output.js';
import { parameterCounts } from './parameters.js';
import { costPerProbe } from './probe-cost.js';
import { type Config, registryOf } from './schema.js';

/** Bytes as text, e.g. `102 MB`. */
function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Number((bytes / 1e3).toPrecision(3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toPrecision(3)} MB` : `${(bytes / 1e9).toPrecision(3)} GB`;
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
    ...describeMemory(config),
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

function describeWeights(config: Config): string[] {
  const counts = parameterCounts(config);
  if (!counts) return [];
  const { total, trainable, adapted } = counts;
  const head = trainable - adapted;
  const parts = head > 0 ? `: ${rounded(adapted)} + ${rounded(head)} of the classifier` : '';
  return [
    `weights:   ${rounded(total)}${trainable < total ? `, trained ${rounded(trainable)}${parts}` : ''}`,
  ];
}

function describeMemory(config: Config): string[] {
  const memory = estimateMemory(config);
  if (!memory) return [];
  const { weights, gradients, optimizer, snapshots, total } = memory;
  const parts = [
    `weights ${formatBytes(weights)}`,
    `gradients ${formatBytes(gradients)}`,
    ...(optimizer > 0 ? [`optimizer ${formatBytes(optimizer)}`] : []),
    ...(snapshots > 0 ? [`GeN's snapshots ${formatBytes(snapshots)}`] : []),
  ];
  return [
    `memory:    ${formatBytes(total)} (${parts.join(', ')})`,
    '           not counted: activations (run a few steps: peak_tensor_bytes in metrics.csv), data, TensorFlow itself',
  ];
}

function rounded(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1e6 ? `${(count / 1e3).toPrecision(3)} k` : `${(count / 1e6).toPrecision(3)} M`;
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
  return [`lr:        ${values}`, `           ${sparkline(curve, 0)}`];
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
