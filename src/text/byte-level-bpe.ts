/**
 * Byte-level byte-pair encoding (Radford et al. 2019, "Language models are unsupervised multitask learners",
 * Section 2.2), as GPT-2 and RoBERTa use it: any text is a sequence of bytes, and bytes are merged into tokens.
 */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { damaged } from '../formats/files.js';
import type { Tokenizer } from './types.js';
import type { Vocabulary } from './vocabulary.js';

/**
 * GPT-2's words: contractions, letters, numbers and other signs, each with a space before it, and runs of spaces.
 * White space is Unicode's own, which JavaScript's `\s` is not quite (U+0085 is, U+FEFF is not).
 */
const SPACE = '\\p{White_Space}';
const WORDS =
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+` +
  `|${SPACE}+(?!\\P{White_Space})|${SPACE}+`;

export interface SpecialToken {
  readonly content: string;
  readonly id: number;
}

/**
 * The encoder and decoder of a vocabulary and its merges.
 *
 * @param path named in errors
 * @param special tokens that a text may contain by name
 * @throws MissingError where the vocabulary lacks what the merges make
 */
export function byteLevelBpe(
  vocabulary: Vocabulary,
  merges: readonly (readonly [string, string])[],
  special: readonly SpecialToken[],
  path: string,
): Pick<Tokenizer, 'encode' | 'decode'> {
  const lacking = merges.find(([left, right]) => !vocabulary.has(left + right));
  if (lacking)
    throw damaged(path, `has no token «${lacking.join('')}», which the merges «${lacking.join(' ')}» make`);
  const tokenizer = new HuggingFaceTokenizer(
    {
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Isolated', invert: false },
          { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
        ],
      },
      model: { type: 'BPE', vocab: Object.fromEntries(vocabulary), merges },
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      added_tokens: special.map((token) => ({ ...token, special: true })),
    },
    {},
  );
  return {
    encode: (text) => (text === '' ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids),
    decode: (ids) =>
      ids.length === 0
        ? ''
        : tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
  };
}
