import type { z } from 'zod';
import type { Dataset, DatasetContext } from './types.js';

/** What is known of a data set before a byte of it is read. */
export interface DatasetFacts {
  readonly numClasses: number;
  /** [height, width, channels] */
  readonly imageShape: readonly [number, number, number];
  /** Number of examples that training and testing see (of the official set). */
  readonly trainSize: number;
  readonly testSize: number;
}

/** An entry of the registry: one file, one line there. */
export interface DatasetDefinition<Options extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly options: Options;
  /** Ids in datasets/manifest.yaml of what `gen-bench fetch` gets for it. */
  readonly sources: readonly string[];
  /** What `options` will give; reads nothing. */
  facts(options: z.infer<Options>): DatasetFacts;
  /** Reads it; fetches what is absent. @throws MissingError where it is neither here nor to be fetched */
  create(options: z.infer<Options>, context: DatasetContext): Promise<Dataset>;
}
