import { z } from 'zod';
import type { DatasetDefinition } from '../definition.js';
import { requireTokenizer } from '../text/batches.js';
import { generationOptions, generationSplit } from '../text/generation.js';
import { linearise, separatePunctuation } from './format.js';
import { type GrammarExample, grammarExamples } from './grammar.js';

/** Sentences for each meaning. */
const TRAIN_SENTENCES = 2;
const TEST_SENTENCES = 4;

const options = z.strictObject({
  ...generationOptions,
  train_meanings: z.int().min(1).max(20_000).default(3000).describe('meanings to train on, 2 sentences each'),
  test_meanings: z
    .int()
    .min(1)
    .max(2000)
    .default(100)
    .describe('other meanings to test on, up to 4 sentences each'),
});

/** Synthetic: see grammar.ts. */
export const e2eGrammar: DatasetDefinition<typeof options> = {
  name: 'e2e-grammar',
  description: "synthetic: meanings and sentences made by a grammar over the E2E challenge's slots",
  options,
  sources: [],
  facts: ({ train_meanings, limit }) => ({
    trainSize: Math.min(TRAIN_SENTENCES * train_meanings, limit ?? Number.POSITIVE_INFINITY),
  }),
  async create(chosen, context) {
    const tokenizer = requireTokenizer(context.tokenizer, 'e2e-grammar');
    const test = grammarExamples('test', { count: chosen.test_meanings, sentences: TEST_SENTENCES });
    const testMeanings = new Set(test.map(({ meaning }) => meaning));
    const train = grammarExamples(
      'train',
      { count: chosen.train_meanings, sentences: TRAIN_SENTENCES },
      testMeanings,
    );
    const split = (examples: readonly GrammarExample[], name: string) => {
      const pairs = examples.flatMap(({ meaning, sentences }) =>
        sentences.map((sentence) => ({
          context: linearise(meaning)!,
          completion: separatePunctuation(sentence),
        })),
      );
      return generationSplit(pairs, tokenizer, chosen, name);
    };
    return {
      name: 'e2e-grammar',
      train: split(train, 'e2e-grammar, training'),
      test: split(test, 'e2e-grammar, test'),
      checksums: tokenizer.checksums,
    };
  },
};
