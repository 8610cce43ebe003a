import { type GeneratedCorpus, maximumCounts, ngramCounts } from './corpus.js';
import { mtevalTokens } from './mteval-tokenizer.js';
import type { MetricDefinition } from './types.js';

export const bleuMetric: MetricDefinition = {
  name: 'bleu',
  description: 'BLEU-4 of generated texts against several references, as in the E2E challenge',
  better: 'higher',
  percent: true,
};

const ORDERS = [1, 2, 3, 4];
/** Stand for counts of zero, so that the logarithm is defined. */
const NO_HITS = 1e-15;
const NO_NGRAMS = 1e-9;
const NO_TOKENS = 1e-5;

/**
 * BLEU of a corpus (Papineni et al. 2002): geometric mean of the clipped precisions of sequences of 1 to 4 tokens,
 * times the brevity penalty against the references nearest in length. From 0 to 1.
 */
export function bleu({ hypotheses, references }: GeneratedCorpus): number {
  const hits = ORDERS.map(() => 0);
  const totals = ORDERS.map(() => 0);
  let referenceLength = 0;
  hypotheses.forEach((hypothesis, i) => {
    const tokens = mtevalTokens(hypothesis);
    const others = references[i]!.map(mtevalTokens);
    ORDERS.forEach((n, k) => {
      const most = maximumCounts(others, n);
      for (const [ngram, count] of ngramCounts(tokens, n)) {
        hits[k]! += Math.min(count, most.get(ngram) ?? 0);
      }
      totals[k]! += tokens.length - n + 1;
    });
    referenceLength += nearestLength(tokens.length, others);
  });
  const logarithms = ORDERS.map((_, k) =>
    Math.log(Math.max(hits[k]!, NO_HITS) / Math.max(totals[k]!, NO_NGRAMS)),
  );
  const precision = Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / ORDERS.length);
  const length = totals[0]!;
  return length > referenceLength
    ? precision
    : precision * Math.exp(1 - referenceLength / (length || NO_TOKENS));
}

/** Length of the reference nearest in length, of two the shorter. */
function nearestLength(length: number, references: readonly (readonly string[])[]): number {
  const lengths = references.map((reference) => reference.length);
  return lengths.reduce((best, candidate) => {
    const gain = Math.abs(best - length) - Math.abs(candidate - length);
    return gain > 0 || (gain === 0 && candidate < best) ? candidate : best;
  });
}
