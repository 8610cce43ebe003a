import { locateSource } from '../data/sources.js';
import { damaged } from '../formats/files.js';
import { byteLevelBpe, type SpecialToken } from './byte-level-bpe.js';
import type { TokenizerDefinition } from './types.js';
import { readJsonVocabulary, readMerges, requireFit } from './vocabulary.js';

const SOURCE = 'roberta-bpe';
const NAMES = ['<s>', '<pad>', '</s>', '<unk>', '<mask>'] as const;

/** RoBERTa's tokenizer: GPT-2's merges, ids in the order of fairseq's dictionary, `<s> first </s></s> second </s>`. */
export const roberta: TokenizerDefinition = {
  name: 'roberta',
  sources: [SOURCE],
  async load(places, vocabSize) {
    const files = await locateSource(SOURCE, places);
    const [vocab, bpe] = files as [(typeof files)[0], (typeof files)[0]];
    const vocabulary = await readJsonVocabulary(vocab.path);
    const [start, pad, end, unknown, mask] = NAMES.map((content) => {
      const id = vocabulary.get(content);
      if (id === undefined) throw damaged(vocab.path, `has no ${content}`);
      return { content, id };
    }) as [SpecialToken, SpecialToken, SpecialToken, SpecialToken, SpecialToken];
    requireFit('roberta', vocabulary.size, vocabSize);
    return {
      name: 'roberta',
      vocabSize: vocabulary.size,
      padId: pad.id,
      endId: end.id,
      frame: { start: [start.id], middle: [end.id, end.id], end: [end.id], segments: false },
      checksums: Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256])),
      ...byteLevelBpe(vocabulary, await readMerges(bpe.path), [start, pad, end, unknown, mask], vocab.path),
    };
  },
};
