import { z } from 'zod';

/** The option `min_lr` that decaying schedules share. */
export const minLr = z.number().nonnegative().default(0).describe('smallest learning rate');
