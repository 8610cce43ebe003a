import { existsSync } from 'node:fs';
import { loadConfig, readConfigFile } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { didYouMean } from '../config/suggest.js';
import { isSweep, loadSweep } from '../config/sweep.js';
import type { DatasetDefinition } from '../data/definition.js';
import { type Source, sourceById, sources } from '../data/manifest.js';
import { UsageError } from '../errors.js';
import type { ModelDefinition } from '../models/types.js';
import { tasks } from '../tasks/registry.js';
import type { TaskDefinition } from '../tasks/types.js';
import { tokenizers } from '../text/registry.js';

const definitions = Object.assign(
  {},
  ...Object.values<TaskDefinition>(tasks).map(({ datasets }) => datasets),
) as Readonly<Record<string, DatasetDefinition>>;

/**
 * What `gen-bench fetch <target>` gets: the sources of a config or sweep, of a dataset, or the one of that id.
 *
 * @throws UsageError for anything else
 */
export function sourcesOf(target: string): Source[] {
  if (/\.ya?ml$/.test(target) || target.includes('/') || existsSync(target)) {
    const { root } = readConfigFile(target);
    const configs = isSweep(root) ? loadSweep(target).jobs.map(({ config }) => config) : [loadConfig(target)];
    return configs.flatMap(sourcesOfConfig);
  }
  if (Object.hasOwn(definitions, target)) return sourcesOfDataset(target);
  const ids = sources().map(({ id }) => id);
  if (ids.includes(target)) return [sourceById(target)];
  const known = [...new Set([...Object.keys(definitions), ...ids])];
  throw new UsageError(
    `${target}: neither a config nor a dataset or weights${didYouMean(target, known)}; known: ${known.join(', ')}`,
  );
}

function sourcesOfDataset(name: string): Source[] {
  return (definitions[name]?.sources ?? []).map(sourceById);
}

function sourcesOfConfig(config: Config): Source[] {
  if (config.task === 'synthetic') return [];
  const weights = sources().find(({ model }) => model === config.model.name);
  const isPretrained = 'pretrained' in config.model && config.model.pretrained;
  return [
    ...sourcesOfDataset(config.dataset.name),
    ...textSources(config).map(sourceById),
    ...(isPretrained && weights ? [weights] : []),
  ];
}

/** Of what turns texts into ids, and scores them. */
function textSources(config: Config): readonly string[] {
  const { name, ...options } = config.model;
  const definition = (tasks[config.task] as TaskDefinition).models[name] as ModelDefinition;
  const tokenizer = definition.tokenizer?.(options);
  const scorer = config.task === 'nlg' ? ['meteor-1.5'] : [];
  return tokenizer ? [...tokenizers[tokenizer.name].sources, ...scorer] : scorer;
}
