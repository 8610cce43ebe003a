import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smoothedCrossEntropy } from '../engine/ops/smoothed-cross-entropy.js';
import { bleu } from '../metrics/bleu.js';
import { cider } from '../metrics/cider.js';
import type { GeneratedCorpus } from '../metrics/corpus.js';
import { type MeteorProgram, meteor } from '../metrics/meteor.js';
import { nist } from '../metrics/nist.js';
import { rougeL } from '../metrics/rouge-l.js';
import { Scope } from '../models/layers/scope.js';
import type { LanguageModel, Model } from '../models/types.js';
import { type BeamSearchOptions, beamSearch } from './beam-search.js';
import type { EvaluationContext, Task, TaskOutput } from './task.js';

export interface NlgOptions {
  /** Share of a target token's probability that goes to all tokens evenly. */
  readonly labelSmoothing: number;
  readonly decoding: Omit<BeamSearchOptions, 'endIds'> & {
    /** Texts generated at once. */
    readonly batchSize: number;
  };
  /** Finds METEOR, or undefined (with a word to the user) where it cannot run. */
  readonly meteor: () => Promise<MeteorProgram | undefined>;
}

/**
 * Writing texts for given contexts with a causal language model, as LoRA's code base trains and scores it (Hu et al.
 * 2021, examples/NLG). Batch: `ids`, `target`, `targetMask` [B, T] (int32).
 *
 * The loss is the mean over the target tokens of a batch, so that an example counts by its length. After the last step
 * texts are generated and scored, and written beside eval.csv: `<split>-outputs.txt` and `<split>-references.txt`, in
 * the form that the E2E challenge's scorer reads.
 */
export function nlgTask(options: NlgOptions): Task {
  return {
    scoreNames: [],
    forward(model, scope, { ids, target, targetMask }) {
      const [batch, length] = ids!.shape as [number, number];
      const logits = model.forward(scope, { ids: ids! }); // [B, T, V]
      const flat = logits.reshape([batch * length, -1]); // [B·T, V]
      const { loss, nll } = smoothedCrossEntropy(flat, target!.reshape([-1]), options.labelSmoothing);
      const counted = targetMask!.cast('float32'); // [B, T]
      const total = loss.reshape([batch, length]).mul(counted).sum(1); // [B]
      const scores: TaskOutput['scores'] = scope.training
        ? {}
        : { nll: nll.reshape([batch, length]).mul(counted).sum(1), tokens: counted.sum(1) };
      // so that their mean is that of the batch's tokens
      return { losses: scope.training ? total.div(counted.sum(1).mean()) : total, scores };
    },
    metrics({ loss, nll, tokens }) {
      const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
      const count = sum(tokens!);
      return { perplexity: Math.exp(sum(nll!) / count), loss: sum(loss!) / count };
    },
    async evaluate(context) {
      if (!context.isFinal) return {};
      return scoreTexts(generate(options, context), options, context);
    },
  };
}

function generate({ decoding }: NlgOptions, { model, weights, split }: EvaluationContext): GeneratedCorpus {
  if (!isLanguageModel(model)) throw new Error(`${model.name} is no language model`);
  const { prompts, references, endIds, decode } = split.generation!();
  const scope = new Scope([...model.parameters, ...model.statistics], weights, { training: false });
  const hypotheses: string[] = new Array(prompts.length);
  // prompts of like length together, so that little is padded
  const order = prompts.map((_, i) => i).sort((a, b) => prompts[b]!.length - prompts[a]!.length || a - b);
  for (let start = 0; start < order.length; start += decoding.batchSize) {
    const indices = order.slice(start, start + decoding.batchSize);
    const batch = indices.map((i) => prompts[i]!);
    // the first prompt is the longest
    const maxTokens = Math.min(decoding.maxTokens, model.maxLength - batch[0]!.length);
    beamSearch(model, scope, batch, { ...decoding, maxTokens, endIds }).forEach((ids, i) => {
      hypotheses[indices[i]!] = decode(ids);
    });
  }
  return { hypotheses, references };
}

function isLanguageModel(model: Model): model is LanguageModel {
  return 'decode' in model;
}

async function scoreTexts(
  corpus: GeneratedCorpus,
  options: NlgOptions,
  { directory, splitName }: EvaluationContext,
): Promise<Record<string, number>> {
  if (directory !== undefined) {
    const write = (name: string, text: string) =>
      writeFileSync(join(directory, `${splitName}-${name}.txt`), text);
    write('outputs', corpus.hypotheses.map((text) => `${text}\n`).join(''));
    write('references', corpus.references.map((texts) => `${texts.join('\n')}\n`).join('\n'));
  }
  const program = await options.meteor();
  const score = program && (await tryMeteor(corpus, program));
  return {
    bleu: bleu(corpus),
    nist: nist(corpus),
    ...(score === undefined ? {} : { meteor: score }),
    rouge_l: rougeL(corpus),
    cider: cider(corpus),
  };
}

/** A Java that fails must not take a finished run with it. */
async function tryMeteor(corpus: GeneratedCorpus, program: MeteorProgram): Promise<number | undefined> {
  try {
    return await meteor(corpus, program);
  } catch (error) {
    process.stderr.write(`warning: METEOR is left out: ${(error as Error).message}\n`);
    return undefined;
  }
}
