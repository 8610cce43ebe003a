/**
 * BERT's uncased WordPiece (Devlin et al. 2019): clean, strip accents, lower case, split at spaces and punctuation, then
 * the longest pieces that the vocabulary has. `[CLS] first [SEP] second [SEP]`.
 */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { locateSource } from '../data/sources.js';
import { damaged } from '../formats/files.js';
import type { TokenizerDefinition } from './types.js';
import { readLineVocabulary, requireFit } from './vocabulary.js';

const SOURCE = 'bert-uncased-vocab';
const NAMES = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

export const bert: TokenizerDefinition = {
  name: 'bert',
  sources: [SOURCE],
  async load(places, vocabSize) {
    const [file] = await locateSource(SOURCE, places);
    const { name, path, sha256 } = file!;
    const vocabulary = await readLineVocabulary(path);
    const ids = NAMES.map((content) => {
      const id = vocabulary.get(content);
      if (id === undefined) throw damaged(path, `has no ${content}`);
      return { content, id, special: true };
    });
    const [pad, , start, separator] = ids.map(({ id }) => id) as [number, number, number, number];
    requireFit('bert', vocabulary.size, vocabSize);
    const tokenizer = new HuggingFaceTokenizer(
      {
        normalizer: null, // see `normalise`
        pre_tokenizer: { type: 'BertPreTokenizer' },
        model: {
          type: 'WordPiece',
          vocab: Object.fromEntries(vocabulary),
          unk_token: '[UNK]',
          continuing_subword_prefix: '##',
          max_input_chars_per_word: 100,
        },
        post_processor: null,
        decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
        added_tokens: ids,
      },
      {},
    );
    // special tokens are recognised by name before the text is lower-cased
    const names = new RegExp(`(${NAMES.map((content) => content.replace(/[[\]]/g, '\\$&')).join('|')})`);
    return {
      name: 'bert',
      vocabSize: vocabulary.size,
      padId: pad,
      endId: separator,
      frame: { start: [start], middle: [separator], end: [separator], segments: true },
      checksums: { [name]: sha256 },
      encode: (text) =>
        text.split(names).flatMap((part, i) => {
          const clean = i % 2 === 1 ? part : normalise(part);
          return clean === '' ? [] : tokenizer.encode(clean, { add_special_tokens: false }).ids;
        }),
      decode: (list) =>
        list.length === 0
          ? ''
          : tokenizer.decode([...list], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    };
  },
};

const DROPPED = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
/** Chinese characters stand alone (not Hiragana, Katakana or Hangul), in all the blocks that BERT counts. */
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/**
 * BERT's clean-up. The library's own takes a word-final capital sigma for ς (JavaScript lower-cases by context, BERT
 * letter by letter) and misses Chinese characters beyond 16 bits.
 */
function normalise(text: string): string {
  const decomposed = text
    .replace(DROPPED, '')
    .replace(/\s/g, ' ')
    .replace(CHINESE, ' $& ')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
  return Array.from(decomposed, (letter) => letter.toLowerCase()).join('');
}
