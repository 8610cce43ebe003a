import { locateSource } from '../data/sources.js';
import { UsageError } from '../errors.js';
import { byteLevelBpe } from './byte-level-bpe.js';
import type { TokenizerDefinition } from './types.js';
import { readJsonVocabulary, readMerges } from './vocabulary.js';

const SOURCE = 'gpt2-bpe';
const END = '<|endoftext|>';
const BYTES = 256;

/**
 * GPT-2's BPE: 256 bytes, 50,000 merges, and `<|endoftext|>` (50256).
 *
 * A model of a smaller vocabulary gets the first merges only, in GPT-2's own order (the ids of bytes and merges stay
 * GPT-2's), and `<|endoftext|>` as its last id: small models from scratch need no 50,257 embeddings.
 */
export const gpt2: TokenizerDefinition = {
  name: 'gpt2',
  sources: [SOURCE],
  async load(places, vocabSize) {
    const files = await locateSource(SOURCE, places);
    const [encoder, bpe] = files as [(typeof files)[0], (typeof files)[0]];
    const vocabulary = new Map(await readJsonVocabulary(encoder.path));
    const merges = await readMerges(bpe.path);
    const size = vocabSize ?? vocabulary.size;
    if (size <= BYTES) {
      throw new UsageError(`the tokenizer gpt2 needs a vocabulary of at least ${BYTES + 1}; found ${size}`);
    }
    const endId = Math.min(size, vocabulary.size) - 1;
    vocabulary.delete(END);
    for (const [token, id] of vocabulary) if (id >= endId) vocabulary.delete(token);
    const kept = merges.slice(0, endId - BYTES);
    return {
      name: 'gpt2',
      vocabSize: endId + 1,
      padId: endId,
      endId,
      frame: { start: [], middle: [], end: [], segments: false },
      checksums: Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256])),
      ...byteLevelBpe(vocabulary, kept, [{ content: END, id: endId }], encoder.path),
    };
  },
};
