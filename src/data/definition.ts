import type { z } from 'zod';
import type { Dataset, DatasetContext } from './types.js';

/** What is known of a data set before a byte of it is read. */
export interface DatasetFacts {
  /** Classification sets only. */
  readonly numClasses?: number;
  /** In the order of the labels, without the background of detection sets; where they are known. */
  readonly classNames?: readonly string[];
  /** [height, width, channels]; image sets only. */
  readonly imageShape?: readonly [number, number, number];
  /** Number of examples that training and testing see (of the official set); undefined where only the data tells. */
  readonly trainSize?: number | undefined;
  readonly testSize?: number | undefined;
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
