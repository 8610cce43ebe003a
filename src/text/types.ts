import type { Places } from '../data/sources.js';

/** What surrounds one text or a pair of texts: `start first middle second end`, or `start first end`. */
interface Frame {
  readonly start: readonly number[];
  readonly middle: readonly number[];
  readonly end: readonly number[];
  /** Whether the model tells the second text (with its `end`) from the first by segment ids 1 and 0. */
  readonly segments: boolean;
}

/** Text to token ids and back, with the same ids as Hugging Face's tokenizer of the same files. */
export interface Tokenizer {
  readonly name: string;
  /** Ids are 0 to `vocabSize` − 1. */
  readonly vocabSize: number;
  /** Fills a batch's shorter sequences; masked, so any valid id would do. */
  readonly padId: number;
  /** Ends a generated text (GPT-2's `<|endoftext|>`, elsewhere the last token of `frame.end`). */
  readonly endId: number;
  readonly frame: Frame;
  /** sha256 of the files it was made of, by name. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Ids of a text without special tokens around it. */
  encode(text: string): number[];
  /** The text of ids; special tokens are left out. */
  decode(ids: readonly number[]): string;
}

export interface TokenizerDefinition {
  readonly name: string;
  /** Ids in datasets/manifest.yaml. */
  readonly sources: readonly string[];
  /**
   * Reads its files, fetching what is absent.
   *
   * @param vocabSize of the model that reads the ids
   * @throws UsageError where such a model cannot read this tokenizer's ids; MissingError where a file is damaged or
   *   not to be had
   */
  load(places: Places, vocabSize?: number): Promise<Tokenizer>;
}
