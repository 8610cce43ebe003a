import { type GeneratedCorpus, ngramCounts } from './corpus.js';
import { ptbTokens } from './ptb-tokenizer.js';
import type { MetricDefinition } from './types.js';

export const ciderMetric: MetricDefinition = {
  name: 'cider',
  description: 'CIDEr-D of generated texts: cosine of sequences weighted by how rare they are',
  better: 'higher',
  percent: false,
};

const ORDERS = [1, 2, 3, 4];
/** Width of the penalty on differences of length, in tokens. */
const SIGMA = 6;
const SCALE = 10;

/** TF-IDF weights of a text's sequences, an order a map, with their norms. */
interface Weighted {
  readonly weights: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  /** Pairs of tokens: the scorer takes them for the length. */
  readonly length: number;
}

/**
 * CIDEr-D of a corpus (Vedantam et al. 2015, Section 7): mean over texts, references and sequences of 1 to 4 tokens of
 * the clipped cosine of TF-IDF vectors. Documents are the sets of references of one text. From 0 to 10.
 */
export function cider({ hypotheses, references }: GeneratedCorpus): number {
  const texts = hypotheses.map(ptbTokens);
  const others = references.map((list) => list.map(ptbTokens));
  const documentCounts = ORDERS.map((n) => {
    const counts = new Map<string, number>();
    for (const list of others) {
      const present = new Set(list.flatMap((tokens) => [...ngramCounts(tokens, n).keys()]));
      for (const ngram of present) counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
    }
    return counts;
  });
  const documents = Math.log(hypotheses.length);
  const weigh = (tokens: readonly string[]): Weighted => {
    const weights = ORDERS.map((n, k) => {
      const counts = ngramCounts(tokens, n);
      for (const [ngram, count] of counts) {
        counts.set(ngram, count * (documents - Math.log(documentCounts[k]!.get(ngram) ?? 1)));
      }
      return counts;
    });
    const norms = weights.map((map) => Math.sqrt([...map.values()].reduce((sum, w) => sum + w * w, 0)));
    return { weights, norms, length: Math.max(0, tokens.length - 1) };
  };
  let total = 0;
  texts.forEach((tokens, i) => {
    const text = weigh(tokens);
    const similarity = others[i]!.reduce((sum, reference) => sum + similarityOf(text, weigh(reference)), 0);
    total += (SCALE * similarity) / others[i]!.length;
  });
  return total / texts.length;
}

/** Mean over the orders. */
function similarityOf(text: Weighted, reference: Weighted): number {
  const sums = ORDERS.map((_, k) => {
    let product = 0;
    for (const [ngram, weight] of text.weights[k]!) {
      const other = reference.weights[k]!.get(ngram) ?? 0;
      product += Math.min(weight, other) * other;
    }
    const norm = text.norms[k]! * reference.norms[k]!;
    return norm === 0 ? product : product / norm;
  });
  const difference = text.length - reference.length;
  const penalty = Math.exp(-(difference ** 2) / (2 * SIGMA ** 2));
  return (penalty * sums.reduce((sum, value) => sum + value, 0)) / ORDERS.length;
}
