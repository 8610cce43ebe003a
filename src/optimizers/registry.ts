import { adagrad } from './adagrad.js';
import { adam } from './adam.js';
import { adamw } from './adamw.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';
import { signsgd } from './signsgd.js';
import type { OptimizerDefinition } from './types.js';

/** Every base optimizer by its name in a config: add a line here to add one. */
export const optimizers = {
  sgd,
  signsgd,
  adagrad,
  rmsprop,
  adam,
  adamw,
} satisfies Record<string, OptimizerDefinition>;
