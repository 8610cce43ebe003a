/** The zod schema of a config, derived from the registries: a name registered there is a name a config may use. */
import { z } from 'zod';
import type { GenSettings } from '../gen/options.js';
import { optimizers } from '../optimizers/registry.js';
import { schedulers } from '../schedulers/registry.js';
import { tasks } from '../tasks/registry.js';
import type { NamedDefinition, TaskDefinition } from '../tasks/types.js';
import {
  checkpointSchema,
  evalSchema,
  loggingSchema,
  syntheticEvalSchema,
  syntheticTrainSchema,
  trainSchema,
} from './sections.js';

type Registry = Readonly<Record<string, NamedDefinition>>;

/** A section with `name` and the options of the registry's entry of that name. */
type Chosen<R extends Registry> = {
  [Name in keyof R & string]: { name: Name } & z.output<R[Name]['options']>;
}[keyof R & string];

/** What every model has that does not define the key itself. */
const modelExtras = { pretrained: z.boolean().default(false).describe('start from published weights') };

/** A checked config with every default filled in: what the runner gets. */
export type Config = {
  name: string;
  optimizer: Chosen<typeof optimizers>;
  scheduler: Exclude<Chosen<typeof schedulers>, { name: 'gen' }> | ({ name: 'gen' } & GenSettings);
  eval: z.output<typeof evalSchema>;
  checkpoint: z.output<typeof checkpointSchema>;
  logging: z.output<typeof loggingSchema>;
} & (
  | {
      task: 'classification';
      model: Chosen<(typeof tasks)['classification']['models']> & { pretrained: boolean };
      dataset: Chosen<(typeof tasks)['classification']['datasets']>;
      train: z.output<typeof trainSchema>;
    }
  | {
      task: 'detection';
      model: Chosen<(typeof tasks)['detection']['models']> & { pretrained: boolean };
      dataset: Chosen<(typeof tasks)['detection']['datasets']>;
      train: z.output<typeof trainSchema>;
    }
  | {
      task: 'gan';
      model: Chosen<(typeof tasks)['gan']['models']>;
      dataset: Chosen<(typeof tasks)['gan']['datasets']>;
      train: z.output<typeof trainSchema>;
    }
  | {
      task: 'glue';
      model: Chosen<(typeof tasks)['glue']['models']> & { pretrained: boolean };
      dataset: Chosen<(typeof tasks)['glue']['datasets']>;
      train: z.output<typeof trainSchema>;
    }
  | {
      task: 'nlg';
      model: Chosen<(typeof tasks)['nlg']['models']> & { pretrained: boolean };
      dataset: Chosen<(typeof tasks)['nlg']['datasets']>;
      train: z.output<typeof trainSchema> & z.output<z.ZodObject<(typeof tasks)['nlg']['train']>>;
      eval: z.output<z.ZodObject<(typeof tasks)['nlg']['eval']>>;
    }
  | {
      task: 'recommendation';
      model: Chosen<(typeof tasks)['recommendation']['models']>;
      dataset: Chosen<(typeof tasks)['recommendation']['datasets']>;
      train: z.output<typeof trainSchema>;
    }
  | {
      task: 'synthetic';
      model: Chosen<(typeof tasks)['synthetic']['models']>;
      dataset?: undefined;
      train: z.output<typeof syntheticTrainSchema>;
    }
);

/** Schemas of the sections of one config, by key. Every section is a strict object. */
export interface ConfigSchema {
  readonly schema: z.ZodObject;
  readonly sections: Readonly<Record<string, z.ZodObject>>;
}

/** The entries that `section.name` may choose from; undefined for sections without a name. */
export function registryOf(section: string, task: string | undefined): Registry | undefined {
  const definition: TaskDefinition | undefined = Object.hasOwn(tasks, task ?? '')
    ? tasks[task as keyof typeof tasks]
    : undefined;
  switch (section) {
    case 'optimizer':
      return optimizers;
    case 'scheduler':
      return schedulers;
    case 'model':
      return definition?.models;
    case 'dataset':
      return definition?.datasets;
    default:
      return undefined;
  }
}

/** The strict schema of an entry of a registry as a config section. */
export function sectionSchema(section: string, definition: NamedDefinition, task?: string): z.ZodObject {
  const options = definition.options as z.ZodObject;
  const extras: z.core.$ZodShape = section === 'model' && task !== 'synthetic' ? modelExtras : {};
  const missing = Object.entries(extras).filter(([key]) => !Object.hasOwn(options.shape, key));
  // `name` first: it is the first key of the section in config.yaml
  const shape = { name: z.literal(definition.name), ...options.shape, ...Object.fromEntries(missing) };
  const named: z.ZodObject = z.strictObject(shape);
  // refinements of the whole options object are not in its shape
  const checks = options._zod.def.checks as z.core.$ZodCheck<Record<string, unknown>>[] | undefined;
  return checks && checks.length > 0 ? named.check(...checks) : named;
}

/** The schema of a section under its name; an unknown name leaves only the name to check. */
function chosenSchema(section: string, name: string | undefined, task: string | undefined): z.ZodObject {
  const registry = registryOf(section, task) ?? {};
  const definition = name === undefined ? undefined : registry[name];
  return definition
    ? sectionSchema(section, definition, task)
    : z.looseObject({ name: z.enum(Object.keys(registry)) });
}

const namedSections = ['model', 'dataset', 'optimizer', 'scheduler'] as const;
type Names = Partial<Record<(typeof namedSections)[number], string>>;

/** The names that a raw config gives its sections, as far as they are known. */
function chosenNames(raw: Readonly<Record<string, unknown>>, task: string | undefined): Names {
  const names: Names = {};
  for (const section of namedSections) {
    const value = raw[section];
    const name = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined;
    const registry = registryOf(section, task) ?? {};
    if (typeof name === 'string' && Object.hasOwn(registry, name)) names[section] = name;
  }
  return names;
}

/** Schemas are compiled at first use: the jobs of a sweep, most of them alike, share theirs. */
const built = new Map<string, ConfigSchema>();

/** The schema that fits what the raw config chose. With an unknown task, model and dataset go unchecked. */
export function configSchema(raw: Readonly<Record<string, unknown>>): ConfigSchema {
  const task = typeof raw.task === 'string' && Object.hasOwn(tasks, raw.task) ? raw.task : undefined;
  const names = chosenNames(raw, task);
  const key = JSON.stringify([task, names]);
  const schema = built.get(key) ?? buildSchema(task, names);
  built.set(key, schema);
  return schema;
}

function buildSchema(task: string | undefined, names: Names): ConfigSchema {
  const synthetic = task === 'synthetic';
  const known = task === undefined ? undefined : (tasks[task as keyof typeof tasks] as TaskDefinition);

  const sections: Record<string, z.ZodObject> = {};
  for (const section of namedSections) {
    // a task without data has no dataset, one that is unknown has neither model nor dataset to check
    if (registryOf(section, task)) sections[section] = chosenSchema(section, names[section], task);
  }
  sections.train = extended(synthetic ? syntheticTrainSchema : trainSchema, known?.train);
  const optional: Record<string, z.ZodObject> = {
    eval: extended(synthetic ? syntheticEvalSchema : evalSchema, known?.eval),
    checkpoint: checkpointSchema,
    logging: loggingSchema,
  };
  const schema = z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
      error: 'must be letters, digits, ., _ and - (at most 100): it names a directory',
    }),
    task: z.enum(Object.keys(tasks)),
    ...(known ? {} : { model: z.unknown(), dataset: z.unknown() }),
    ...sections,
    ...Object.fromEntries(Object.entries(optional).map(([key, value]) => [key, value.prefault({})])),
  });
  return { schema, sections: { ...sections, ...optional } };
}

/** A section with the options that a task adds. */
function extended(section: z.ZodObject, more: z.core.$ZodShape | undefined): z.ZodObject {
  return more ? z.strictObject({ ...section.shape, ...more }) : section;
}

/** Options that `section` has when its name is `name`, for the rule of overrides. */
export function optionNames(section: string, name: string): ReadonlySet<string> | undefined {
  for (const task of Object.keys(tasks)) {
    const registry = registryOf(section, task);
    if (registry && Object.hasOwn(registry, name)) {
      return new Set(Object.keys(sectionSchema(section, registry[name] as NamedDefinition, task).shape));
    }
  }
  return undefined;
}

/** Every dotted path that some config could have. */
export function knownPaths(schema: ConfigSchema): string[] {
  const nested = Object.entries(schema.sections).flatMap(([section, object]) =>
    Object.keys(object.shape).map((key) => `${section}.${key}`),
  );
  return [...Object.keys(schema.schema.shape), ...nested];
}
