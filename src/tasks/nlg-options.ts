import { z } from 'zod';

/** What the nlg task adds to the sections `train` and `eval` of a config; defaults are those of LoRA's code base. */
export const nlgTrainOptions = {
  label_smoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe("share of a target token's probability that all tokens get evenly"),
};

export const nlgEvalOptions = {
  beam: z.int().min(1).max(100).default(10).describe('texts that beam search follows at once'),
  length_penalty: z
    .number()
    .min(0)
    .default(0.8)
    .describe('texts are ranked by log-probability / length^this'),
  no_repeat_ngram: z.int().min(0).default(4).describe('no sequence of this many tokens twice; 0: any'),
  max_tokens: z.int().min(1).max(512).default(64).describe('most tokens of a generated text'),
  generation_batch: z.int().min(1).default(16).describe('texts generated at once'),
};
