import { defineBert } from './bert.js';

/* RoBERTa (Liu et al. 2019, arXiv:1907.11692): BERT's encoder with a byte-level vocabulary and one token type. */

const roberta = {
  prefix: 'roberta',
  vocabSize: 50_265,
  maxPositions: 514,
  tokenTypes: 1,
  epsilon: 1e-5,
  paddingIndex: 1,
  positions: 'roberta',
} as const;

export const roberta_base = defineBert(
  { ...roberta, name: 'roberta-base', width: 768, depth: 12, heads: 12, hidden: 3072 },
  "RoBERTa, 125 M parameters, transformers' names and layout",
);

export const roberta_large = defineBert(
  { ...roberta, name: 'roberta-large', width: 1024, depth: 24, heads: 16, hidden: 4096 },
  "RoBERTa, 355 M parameters, transformers' names and layout",
);
