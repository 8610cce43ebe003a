/** Texts as batches of token ids: padded to the longest of the batch, in few different lengths. */
import { z } from 'zod';
import { frameText } from '../../text/frame.js';
import type { Tokenizer } from '../../text/types.js';
import type { HostArray, HostBatch, Split } from '../types.js';

/** A text or a pair of texts with its class. */
export interface TextExample {
  readonly first: string;
  readonly second?: string;
  readonly label: number;
}

export const textOptions = {
  max_length: z
    .int()
    .min(8)
    .max(512)
    .default(128)
    .describe('tokens of one example, special ones included; longer texts are cut'),
  limit: z.int().min(1).nullable().default(null).describe('use only the first n training and test examples'),
};

/** Lengths of batches. Every other length would be a graph of its own to record and to verify. */
const LENGTHS = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512] as const;

/** The length that a batch whose longest example has `longest` tokens is padded to. */
export function paddedLength(longest: number, maxLength: number): number {
  return Math.min(LENGTHS.find((length) => length >= longest) ?? maxLength, maxLength);
}

/**
 * A split of texts: `ids` and `mask` [B, T] int32 (mask 1 at tokens, 0 at padding), `label` [B] int32, and for
 * tokenizers that tell the two texts of a pair apart `tokenTypes` [B, T] int32 (1 in the second text). Texts are encoded when they are first read.
 *
 * @param name of the split in the warning that texts were cut
 */
export function textSplit(
  examples: readonly TextExample[],
  tokenizer: Tokenizer,
  { max_length, limit }: { readonly max_length: number; readonly limit: number | null },
  name: string,
): Split {
  const length = Math.min(examples.length, limit ?? examples.length);
  const encoded: (ReturnType<typeof frameText> | undefined)[] = new Array(length);
  let hasWarned = false;
  const encode = (index: number) => {
    const { first, second } = examples[index]!;
    const framed =
      encoded[index] ??
      frameText(
        tokenizer,
        tokenizer.encode(first),
        second === undefined ? undefined : tokenizer.encode(second),
        max_length,
      );
    encoded[index] = framed;
    if (framed.truncated && !hasWarned) {
      hasWarned = true;
      process.stderr.write(
        `warning: ${name}: example ${index + 1} has more than ${max_length} tokens and is cut, as others may be ` +
          '(dataset.max_length)\n',
      );
    }
    return framed;
  };
  return {
    length,
    async read(indices) {
      const rows = Array.from(indices, encode);
      const longest = rows.reduce((most, { ids }) => Math.max(most, ids.length), 0);
      const width = paddedLength(longest, max_length);
      const batch: Record<string, HostArray> = {
        ...padRows(
          rows.map(({ ids }) => ids),
          width,
          tokenizer.padId,
        ),
        label: { shape: [rows.length], data: Int32Array.from(indices, (index) => examples[index]!.label) },
      };
      if (tokenizer.frame.segments) {
        const data = new Int32Array(rows.length * width);
        rows.forEach(({ ids, secondStart }, row) => {
          data.fill(1, row * width + secondStart, row * width + ids.length);
        });
        batch.tokenTypes = { shape: [rows.length, width], data };
      }
      return batch;
    },
    readingOrder() {
      const lengths = Array.from({ length }, (_, index) => encode(index).ids.length);
      // the longest first: what does not fit into memory fails at once
      return Int32Array.from({ length }, (_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
    },
  };
}

/** Rows of different lengths as `ids` and `mask`, [rows, width]. */
function padRows(rows: readonly Int32Array[], width: number, padId: number): HostBatch {
  const ids = new Int32Array(rows.length * width).fill(padId);
  const mask = new Int32Array(rows.length * width);
  rows.forEach((row, i) => {
    ids.set(row, i * width);
    mask.fill(1, i * width, i * width + row.length);
  });
  const shape = [rows.length, width];
  return { ids: { shape, data: ids }, mask: { shape, data: mask } };
}

/** The tokenizer that the runner gives a data set of texts. */
export function requireTokenizer(tokenizer: Tokenizer | undefined, dataset: string): Tokenizer {
  if (!tokenizer) throw new Error(`dataset ${dataset} was created without a tokenizer`);
  return tokenizer;
}
