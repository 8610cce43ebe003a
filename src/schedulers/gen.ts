import { genOptionsSchema } from '../gen/options.js';
import type { GenDefinition } from './types.js';

/** The generalized Newton's method; its update is in src/gen. */
export const gen: GenDefinition<typeof genOptionsSchema> = {
  kind: 'gen',
  name: 'gen',
  description:
    'generalized Newton’s method: lr from a parabola through a few forward passes along the update',
  options: genOptionsSchema,
};
