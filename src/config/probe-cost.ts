import { resolveGenOptions } from '../gen/options.js';
import type { Config } from './schema.js';

/** What a probe step of GeN costs beyond an ordinary one, in passes over a batch; undefined for other schedulers. */
export function costPerProbe(config: Config): { phi: number; forward: number; backward: number } | undefined {
  if (config.scheduler.name !== 'gen') return undefined;
  const { phi, points, probe_batch, fit } = resolveGenOptions(config.scheduler);
  if (fit === 'one-sided') return { phi, forward: 1, backward: 0 };
  // on the gradient's own batch the loss at 0 is known already
  if (probe_batch === 'same') return { phi, forward: points.length - 1, backward: 0 };
  if (probe_batch === 'split') return { phi, forward: points.length / 2 - 0.5, backward: -0.5 };
  return { phi, forward: points.length, backward: 0 };
}
