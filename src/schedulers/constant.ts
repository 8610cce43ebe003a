import { z } from 'zod';
import type { ScheduleDefinition } from './types.js';

const options = z.strictObject({});

/** η = c₀ at every step. */
export const constant: ScheduleDefinition<typeof options> = {
  kind: 'schedule',
  name: 'constant',
  description: 'the optimizer’s lr at every step',
  options,
  create:
    (_options, { baseLr }) =>
    () =>
      baseLr,
};
