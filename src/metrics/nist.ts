import { type GeneratedCorpus, maximumCounts, ngramCounts } from './corpus.js';
import { mtevalTokens } from './mteval-tokenizer.js';
import type { MetricDefinition } from './types.js';

export const nistMetric: MetricDefinition = {
  name: 'nist',
  description: 'NIST-5 of generated texts: BLEU that counts rare sequences more',
  better: 'higher',
  percent: false,
};

const ORDERS = [1, 2, 3, 4, 5];
/** The penalty is 0.5 where the texts have 2/3 of the references' length. */
const BETA = -Math.log(0.5) / Math.log(1.5) ** 2;

/**
 * NIST of a corpus (Doddington 2002): matching sequences of 1 to 5 tokens, weighted by the information that the
 * references give them, times a penalty on texts shorter than the references' mean. At least 0.
 *
 * The mean length is that of each text's own references, as in the E2E challenge's Python scorer (`measure_scores.py
 * -p`, with which LoRA's numbers were made); its Perl script divides sums over the corpus instead.
 */
export function nist({ hypotheses, references }: GeneratedCorpus): number {
  const texts = hypotheses.map(mtevalTokens);
  const others = references.map((list) => list.map(mtevalTokens));
  const lengths = others.map((list) => list.reduce((sum, tokens) => sum + tokens.length, 0));
  const counts = ORDERS.map((n) => {
    const all = new Map<string, number>();
    for (const tokens of others.flat()) {
      for (const [ngram, count] of ngramCounts(tokens, n)) all.set(ngram, (all.get(ngram) ?? 0) + count);
    }
    return all;
  });
  const tokenCount = sum(lengths);
  const information = (ngram: string, n: number) => {
    const prefix = n === 1 ? tokenCount : (counts[n - 2]!.get(ngram.slice(0, ngram.lastIndexOf(' '))) ?? 0);
    return Math.log2(prefix / counts[n - 1]!.get(ngram)!);
  };
  let score = 0;
  for (const n of ORDERS) {
    let gained = 0;
    let total = 0;
    texts.forEach((tokens, i) => {
      const most = maximumCounts(others[i]!, n);
      for (const [ngram, count] of ngramCounts(tokens, n)) {
        const hits = Math.min(count, most.get(ngram) ?? 0);
        if (hits > 0) gained += hits * information(ngram, n);
      }
      total += tokens.length - n + 1;
    });
    score += gained / Math.max(total, 1);
  }
  const length = sum(texts.map((tokens) => tokens.length));
  return score * penalty(length / sum(lengths.map((total, i) => total / others[i]!.length)));
}

function penalty(ratio: number): number {
  return ratio >= 1 ? 1 : Math.exp(-BETA * Math.log(ratio) ** 2);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
