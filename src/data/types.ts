import type { Tokenizer } from '../text/types.js';

/**
 * Plain arrays on the host: what datasets deliver and what the runner turns into tensors. Bytes are pixels, which take
 * a quarter of the memory; they become numbers when they become tensors (`pixelsToFloats`).
 */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** A batch by field name, e.g. `{ image: [B, H, W, C] bytes, label: [B] int32 }`; the first axis is the batch. */
export type HostBatch = Readonly<Record<string, HostArray>>;

/** Random access to the examples of one split. Reading has no side effects: the same indices give the same batch. */
export interface Split {
  /** Number of examples. */
  readonly length: number;
  /** Reads the examples at `indices` in that order, as they are in `epoch` (from 0) where epochs differ. */
  read(indices: Int32Array, epoch?: number): Promise<HostBatch>;
  /** Takes a batch back that nobody looks at any more: its memory may serve for another. */
  release?(batch: HostBatch): void;
  /** A permutation in which reading all is cheapest: texts of like length together, so that little is padded. */
  readingOrder?(): Int32Array;
  /** What texts to generate; sets of contexts with completions only. */
  generation?(): GenerationSet;
}

/** Different contexts of a split, with all that was written for each. */
interface GenerationSet {
  /** Token ids. */
  readonly prompts: readonly Int32Array[];
  readonly references: readonly (readonly string[])[];
  /** Tokens that end a text. */
  readonly endIds: readonly number[];
  decode(ids: readonly number[]): string;
}

/** A data set with its official (or documented) splits. */
export interface Dataset {
  readonly name: string;
  readonly train: Split;
  readonly test: Split;
  /** Other test splits by their name in eval.csv, e.g. MNLI's `mismatched`. */
  readonly furtherTests?: Readonly<Record<string, Split>>;
  /** Classification sets only. */
  readonly numClasses?: number;
  /** [height, width, channels] of `image` after preprocessing; image sets only. */
  readonly imageShape?: readonly [number, number, number];
  /** Sequences of items only: items are 1 to this. */
  readonly numItems?: number;
  /** Length that sequences are cut or padded to, where it is one for all. */
  readonly sequenceLength?: number;
  /** sha256 of every file the data came from, by file name, for provenance.json. */
  readonly checksums: Readonly<Record<string, string>>;
  close?(): Promise<void>;
}

/** What every dataset factory is given beside its own options. */
export interface DatasetContext {
  /** Folder with the user's data (`--data-dir`), else undefined. */
  readonly dataDir?: string;
  /** Cache folder of downloads: `$GEN_BENCH_CACHE`, else `$XDG_CACHE_HOME/gen-bench`, else `~/.cache/gen-bench`. */
  readonly cacheDir: string;
  /** Seed of the run; datasets without an official split must NOT use it to split. */
  readonly seed: number;
  /** The model's; for sets of texts. */
  readonly tokenizer?: Tokenizer;
}
