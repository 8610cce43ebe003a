import type { GeneratedCorpus } from './corpus.js';
import { ptbTokens } from './ptb-tokenizer.js';
import type { MetricDefinition } from './types.js';

export const rougeLMetric: MetricDefinition = {
  name: 'rouge_l',
  description: 'ROUGE-L of generated texts: longest common subsequences with the references',
  better: 'higher',
  percent: true,
};

/** Weight of recall, as in MS-COCO's scorer. */
const BETA = 1.2;

/**
 * Mean ROUGE-L F-measure (Lin 2004), each text with the best precision and the best recall that any of its references
 * gives. From 0 to 1.
 */
export function rougeL({ hypotheses, references }: GeneratedCorpus): number {
  let total = 0;
  hypotheses.forEach((hypothesis, i) => {
    const tokens = tokensOf(hypothesis);
    let precision = 0;
    let recall = 0;
    for (const reference of references[i]!) {
      const others = tokensOf(reference);
      const common = commonLength(tokens, others);
      precision = Math.max(precision, common / tokens.length);
      recall = Math.max(recall, common / others.length);
    }
    if (precision > 0 && recall > 0) {
      total += ((1 + BETA ** 2) * precision * recall) / (recall + BETA ** 2 * precision);
    }
  });
  return total / hypotheses.length;
}

/** The scorer counts a text without tokens as one empty token. */
function tokensOf(text: string): string[] {
  const tokens = ptbTokens(text);
  return tokens.length === 0 ? [''] : tokens;
}

/** Length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = new Int32Array(b.length + 1);
  for (const token of a) {
    const next = new Int32Array(b.length + 1);
    for (let j = 0; j < b.length; j++) {
      next[j + 1] = token === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!);
    }
    row = next;
  }
  return row[b.length]!;
}
