import type { z } from 'zod';

/** What the config schema needs of an entry of a registry. */
export interface NamedDefinition {
  readonly name: string;
  readonly description: string;
  /** zod schema of the options beside `name`. */
  readonly options: z.ZodObject;
}

/** What an experiment optimises. The code that runs it is in the task's own files; this is what a config may say. */
export interface TaskDefinition {
  readonly name: string;
  readonly description: string;
  /** What `model.name` may be. */
  readonly models: Readonly<Record<string, NamedDefinition>>;
  /** What `dataset.name` may be; absent where the task has no data. */
  readonly datasets?: Readonly<Record<string, NamedDefinition>>;
  /** What it adds to the sections `train` and `eval`. */
  readonly train?: z.core.$ZodShape;
  readonly eval?: z.core.$ZodShape;
}
