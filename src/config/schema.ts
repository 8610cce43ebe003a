/** The zod schema of a config, derived from the registries: a name registered there is a name a config may use. */
import { z } from 'zod';
import type { GenSettings } from '../gen/options.js';
import { optimizers } from '../optimizers/registry.js';
import { schedulers } from '../schedulers/registry.js';
import { tasks } from '../tasks/registry.js';
import type { NamedDefinition, TaskDefinition } from '../tasks/types.js';

type Registry = Readonly<Record<string, NamedDefinition>>;

/** A section with `name` and the options of the registry's entry of that name. */
type Chosen<R extends Registry> = {
  [Name in keyof R & string]: { name: Name } & z.output<R[Name]['options']>;
}[keyof R & string];

const stepsPattern = /^([1-9]\d{0,14}) steps?$/;

/** `epoch`, a number of steps (also written `100 steps`), and, where evaluating, `end`. */
const interval = <Word extends string>(...words: readonly Word[]) => {
  const isInterval = (value: unknown) =>
    typeof value === 'string'
      ? words.includes(value as Word) || stepsPattern.test(value)
      : Number.isSafeInteger(value) && (value as number) >= 1;
  return z
    .custom<Word | number | `${number} steps`>(isInterval, {
      error: `must be ${words.join(', ')} or a number of steps such as «100 steps»`,
    })
    .transform((value) => {
      const match = typeof value === 'string' ? stepsPattern.exec(value) : null;
      return (match ? Number(match[1]) : value) as Word | number;
    })
    .describe(`${words.join(' | ')} | <n> steps`);
};

const maxSeed = 2 ** 32 - 1;

const count = z.int().min(1);

const trainShape = {
  epochs: count.optional().describe('passes over the training set'),
  steps: count.optional().describe('training steps; give this or epochs'),
  batch_size: count.describe('examples of one step'),
  micro_batch_size: count
    .nullable()
    .default(null)
    .describe('examples of one pass; the batch is accumulated from several; null: the whole batch at once'),
  seed: z.int().min(0).max(maxSeed).default(0).describe('of initial weights, data order and dropout'),
  precision: z.enum(['float32', 'bf16']).default('float32'),
  grad_clip: z.number().positive().nullable().default(null).describe('largest norm of the whole gradient'),
};

const trainSchema = z.strictObject(trainShape);
/** One function value has no batch, no passes over data, and needs the digits (its second differences are tiny). */
const syntheticTrainSchema = z.strictObject({
  ...trainShape,
  batch_size: z.literal(1).default(1),
  micro_batch_size: z.literal(1).nullable().default(null),
  precision: z.enum(['float64', 'float32']).default('float64'),
});

const evalSchema = z.strictObject({ every: interval('epoch', 'end').default('epoch') });
const syntheticEvalSchema = z.strictObject({ every: interval('epoch', 'end').default('end') });
const checkpointSchema = z.strictObject({ every: interval('epoch').default('epoch') });
const loggingSchema = z.strictObject({
  tensorboard: z
    .literal(false, { error: 'TensorBoard logs are not available; set false (metrics.csv has every number)' })
    .default(false),
});

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

/** The schema of the section as the raw config names it; an unknown name leaves only the name to check. */
function chosenSchema(section: string, raw: Readonly<Record<string, unknown>>, task: string): z.ZodObject {
  const registry = registryOf(section, task) ?? {};
  const value = raw[section];
  const name = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined;
  if (typeof name === 'string' && Object.hasOwn(registry, name)) {
    return sectionSchema(section, registry[name] as NamedDefinition, task);
  }
  return z.looseObject({ name: z.enum(Object.keys(registry)) });
}

/** The schema that fits what the raw config chose. With an unknown task, model and dataset go unchecked. */
export function configSchema(raw: Readonly<Record<string, unknown>>): ConfigSchema {
  const taskNames = Object.keys(tasks);
  const task = typeof raw.task === 'string' && taskNames.includes(raw.task) ? raw.task : undefined;
  const synthetic = task === 'synthetic';
  const known = task === undefined ? undefined : (tasks[task as keyof typeof tasks] as TaskDefinition);

  const sections: Record<string, z.ZodObject> = {};
  if (known) sections.model = chosenSchema('model', raw, known.name);
  if (known?.datasets) sections.dataset = chosenSchema('dataset', raw, known.name);
  sections.optimizer = chosenSchema('optimizer', raw, task ?? '');
  sections.scheduler = chosenSchema('scheduler', raw, task ?? '');
  sections.train = synthetic ? syntheticTrainSchema : trainSchema;
  const optional: Record<string, z.ZodObject> = {
    eval: synthetic ? syntheticEvalSchema : evalSchema,
    checkpoint: checkpointSchema,
    logging: loggingSchema,
  };
  const schema = z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
      error: 'must be letters, digits, ., _ and - (at most 100): it names a directory',
    }),
    task: z.enum(taskNames),
    ...(known ? {} : { model: z.unknown(), dataset: z.unknown() }),
    ...sections,
    ...Object.fromEntries(Object.entries(optional).map(([key, value]) => [key, value.prefault({})])),
  });
  return { schema, sections: { ...sections, ...optional } };
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
