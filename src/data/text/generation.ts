/** Texts to be continued: a context, and what a language model should write behind it. */
import { z } from 'zod';
import type { Tokenizer } from '../../text/types.js';
import type { HostArray, Split } from '../types.js';
import { paddedLength } from './batches.js';

export interface GenerationExample {
  readonly context: string;
  readonly completion: string;
}

export const generationOptions = {
  max_length: z
    .int()
    .min(16)
    .max(1024)
    .default(128)
    .describe('tokens of context and completion together; longer texts are cut'),
  limit: z.int().min(1).nullable().default(null).describe('use only the first n training and test examples'),
};

/**
 * A split of contexts with their completions, as LoRA's code base forms them: context, end token, space and completion,
 * end token. `ids` [B, T] int32, `target` [B, T] int32 (the token after each), `targetMask` [B, T] int32 (1 where that
 * token belongs to the completion). The causal model needs no mask of padding, which comes last.
 *
 * @param name of the split in the warning that texts were cut
 */
export function generationSplit(
  all: readonly GenerationExample[],
  tokenizer: Tokenizer,
  { max_length, limit }: { readonly max_length: number; readonly limit: number | null },
  name: string,
): Split {
  const examples = all.slice(0, limit ?? all.length);
  const encoded: ({ ids: number[]; contextLength: number } | undefined)[] = new Array(examples.length);
  const prompt = (context: string) => [...tokenizer.encode(context), tokenizer.endId];
  let hasWarned = false;
  const encode = (index: number) => {
    const known = encoded[index];
    if (known) return known;
    const { context, completion } = examples[index]!;
    const start = prompt(context);
    const whole = [...start, ...tokenizer.encode(` ${completion}`), tokenizer.endId];
    if (whole.length > max_length && !hasWarned) {
      hasWarned = true;
      process.stderr.write(
        `warning: ${name}: example ${index + 1} has ${whole.length} tokens and is cut to ${max_length}, as others ` +
          'may be (dataset.max_length)\n',
      );
    }
    encoded[index] = { ids: whole.slice(0, max_length), contextLength: start.length };
    return encoded[index];
  };
  return {
    length: examples.length,
    async read(indices) {
      const rows = Array.from(indices, encode);
      const longest = rows.reduce((most, { ids }) => Math.max(most, ids.length), 0);
      const width = paddedLength(longest, max_length);
      const field = (): HostArray & { data: Int32Array } => ({
        shape: [rows.length, width],
        data: new Int32Array(rows.length * width),
      });
      const batch = { ids: field(), target: field(), targetMask: field() };
      batch.ids.data.fill(tokenizer.padId);
      rows.forEach(({ ids, contextLength }, row) => {
        const start = row * width;
        batch.ids.data.set(ids, start);
        batch.target.data.set(ids.slice(1), start);
        // the last token of the context predicts the first of the completion
        batch.targetMask.data.fill(
          1,
          start + Math.min(contextLength, ids.length) - 1,
          start + ids.length - 1,
        );
      });
      return batch;
    },
    readingOrder() {
      const lengths = examples.map((_, index) => encode(index).ids.length);
      return Int32Array.from(lengths, (_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
    },
    generation: () => {
      const references = new Map<string, string[]>();
      for (const { context, completion } of examples) {
        references.set(context, [...(references.get(context) ?? []), completion]);
      }
      return {
        prompts: [...references.keys()].map((context) => Int32Array.from(prompt(context))),
        references: [...references.values()],
        endIds: [tokenizer.endId, ...single(tokenizer.encode('\n\n'))],
        decode: (ids) => tokenizer.decode(ids).split('\n\n')[0]!.trim(),
      };
    },
  };
}

/** An empty line ends a text too, where it is one token. */
function single(ids: readonly number[]): readonly number[] {
  return ids.length === 1 ? ids : [];
}
