import { factsOf } from './parameters.js';
import type { Config } from './schema.js';

/** Length of a run as far as the config alone tells it. */
export interface Length {
  readonly stepsPerEpoch: number | undefined;
  readonly totalSteps: number | undefined;
}

export function lengthOf(config: Config): Length {
  const { steps, epochs, batch_size } = config.train;
  const trainSize = factsOf(config)?.trainSize;
  // as the loader: the last partial batch is left out, and a set smaller than a batch is one batch
  const stepsPerEpoch = trainSize && Math.floor(trainSize / Math.min(batch_size, trainSize));
  if (steps !== undefined) return { stepsPerEpoch, totalSteps: steps };
  const totalSteps = stepsPerEpoch === undefined || epochs === undefined ? undefined : stepsPerEpoch * epochs;
  return { stepsPerEpoch, totalSteps };
}
