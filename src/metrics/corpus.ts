/** Generated texts with what people wrote for the same input: what BLEU, NIST, METEOR, ROUGE-L and CIDEr compare. */
export interface GeneratedCorpus {
  readonly hypotheses: readonly string[];
  /** At least one for each hypothesis. */
  readonly references: readonly (readonly string[])[];
}

/** Occurrences of every sequence of `n` tokens; a sequence's tokens are joined by spaces, which no token contains. */
export function ngramCounts(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const ngram = tokens.slice(i, i + n).join(' ');
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/** For every sequence the most often that one of the texts has it. */
export function maximumCounts(texts: readonly (readonly string[])[], n: number): Map<string, number> {
  const merged = new Map<string, number>();
  for (const text of texts) {
    for (const [ngram, count] of ngramCounts(text, n)) {
      merged.set(ngram, Math.max(merged.get(ngram) ?? 0, count));
    }
  }
  return merged;
}
