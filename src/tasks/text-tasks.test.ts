import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../config/load.js';
import { disposeAll, readAll } from '../engine/parameters.js';
import { readFloats } from '../engine/raw.js';
import { loadEngine, tf } from '../engine/tf.js';
import { f1 } from '../metrics/f1.js';
import { matthews } from '../metrics/matthews.js';
import { gpt2_mini } from '../models/gpt2.js';
import { Scope } from '../models/layers/scope.js';
import { readMetrics } from '../run/csv-read.js';
import { runExperiment } from '../run/experiment.js';
import { glueTask } from './glue.js';
import { nlgTask } from './nlg.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-text-'));
const options = (name: string) => ({
  outDir: join(root, name),
  dataDir: join(root, 'data'),
  resume: false,
  force: false,
  compile: true,
  verbose: false,
  command: 'test',
});

beforeAll(() => {
  vi.stubEnv('JAVA_HOME', join(root, 'no-java'));
  // the small vocabularies of the tokenizers' tests, which are not the official files
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const { files } = JSON.parse(
    readFileSync(new URL('../text/testdata/tokenizers.json', import.meta.url), 'utf8'),
  ) as { files: Record<string, string> };
  mkdirSync(join(root, 'data', 'MNLI'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, 'data', name), content);
  const header = 'sentence1\tsentence2\tgold_label\n';
  const labels = ['entailment', 'neutral', 'contradiction'];
  const rows = (count: number) =>
    labels.flatMap((label, i) => Array(count).fill(`a ${label}\tb${i}\t${label}\n`)).join('');
  for (const [name, count] of Object.entries({ train: 3, dev_matched: 1, dev_mismatched: 2 })) {
    writeFileSync(join(root, 'data', 'MNLI', `${name}.tsv`), header + rows(count));
  }
});
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

test('glue: a run over several test splits', async () => {
  const config = parseConfig(`
name: mnli
task: glue
model: { name: all-MiniLM-L6-v2, peft: bitfit }
dataset: { name: mnli, max_length: 16 }
optimizer: { name: adamw, lr: 1.0e-3 }
scheduler: { name: gen, phi: 1 }
train: { steps: 2, batch_size: 4, seed: 0 }
eval: { every: end }
`);
  const summary = await runExperiment(config, options('glue'));
  const table = readMetrics(join(root, 'glue', 'eval.csv'));
  const rows = table
    .strings('split')
    .map((split, i) => [split, table.strings('metric')[i], table.numbers('count')[i]]);
  expect(rows).toEqual(
    [['test', 3] as const, ['mismatched', 6] as const, ['overall', 9] as const].flatMap(([split, count]) =>
      ['accuracy', 'matthews', 'loss'].map((metric) => [split, metric, count]),
    ),
  );
  const { accuracy, 'mismatched/accuracy': mismatched, 'overall/accuracy': overall } = summary.final;
  expect(overall).toBeCloseTo((3 * accuracy! + 6 * mismatched!) / 9, 12);
});

test("glue: the metrics of two classes are GLUE's", () => {
  const prediction = Float64Array.of(1, 1, 0, 0, 1);
  const label = Float64Array.of(1, 0, 0, 1, 1);
  const loss = Float64Array.of(1, 2, 3, 4, 5);
  expect(glueTask(2).metrics!({ loss, prediction, label })).toEqual({
    accuracy: 0.6,
    f1: f1(prediction, label),
    matthews: matthews(prediction, label),
    loss: 3,
  });
});

describe('nlg', () => {
  const text = `
name: grammar
task: nlg
model: { name: gpt2-mini, width: 16, depth: 1, heads: 2, vocab_size: 500, positions: 288, dropout: 0 }
dataset: { name: e2e-grammar, max_length: 256, train_meanings: 8, test_meanings: 3 }
optimizer: { name: adamw, lr: 1.0e-2 }
scheduler: { name: gen, phi: 1 }
train: { steps: 3, batch_size: 4, seed: 0 }
eval: { every: 2, beam: 2, max_tokens: 5 }
`;

  test('a run ends with texts and their scores, without METEOR where there is no Java', async () => {
    const summary = await runExperiment(parseConfig(text), options('nlg'));
    expect(Object.keys(summary.final).sort()).toEqual([
      'bleu',
      'cider',
      'loss',
      'nist',
      'perplexity',
      'rouge_l',
    ]);
    const table = readMetrics(join(root, 'nlg', 'eval.csv'));
    expect(table.strings('metric').join()).toBe('perplexity,loss,perplexity,loss,bleu,nist,rouge_l,cider');
    const outputs = readFileSync(join(root, 'nlg', 'test-outputs.txt'), 'utf8');
    expect(outputs.split('\n')).toHaveLength(4);
    const references = readFileSync(join(root, 'nlg', 'test-references.txt'), 'utf8');
    expect(references.trim().split('\n\n')).toHaveLength(3);
    expect(vi.mocked(process.stderr.write).mock.calls.join()).toContain('METEOR is left out: it needs Java');
  });

  test('a text longer than the model is a mistake of the config', () => {
    expect(() => parseConfig(text, 'config', ['dataset.max_length=300'])).toThrow(
      /dataset\.max_length: must not exceed model\.positions 288; found 300/,
    );
  });

  test('the loss is that of the target tokens, whatever the batch holds beside them', async () => {
    await loadEngine();
    const model = gpt2_mini.create(
      gpt2_mini.options.parse({ width: 16, depth: 1, heads: 2, vocab_size: 20, positions: 16, dropout: 0 }),
      { seed: 1 },
    );
    const decoding = { beam: 1, lengthPenalty: 1, noRepeatNgram: 0, maxTokens: 1, batchSize: 1 };
    const task = nlgTask({ labelSmoothing: 0.1, decoding, meteor: async () => undefined });
    const weights = readAll(model.parameters);
    const int = (values: number[][]) => tf.tensor2d(values, undefined, 'int32');
    const ids = [
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 0, 0, 0],
    ];
    const target = ids.map((row) => [...row.slice(1), 0]);
    const targetMask = [
      [0, 0, 1, 1, 1, 0],
      [0, 1, 0, 0, 0, 0],
    ];
    tf.tidy(() => {
      const evaluation = new Scope(model.parameters, weights, { training: false });
      const training = new Scope(model.parameters, weights, { training: true });
      const batch = { ids: int(ids), target: int(target), targetMask: int(targetMask) };
      const { losses, scores } = task.forward(model, evaluation, batch);
      const [sums, nll, tokens] = [losses, scores.nll!, scores.tokens!].map((one) => readFloats(one));
      // by hand, from the logits
      const logits = model.forward(evaluation, { ids: int(ids) }).arraySync() as number[][][];
      targetMask.forEach((mask, i) => {
        let [smoothed, plain] = [0, 0];
        mask.forEach((counts, t) => {
          if (!counts) return;
          const row = logits[i]![t]!;
          const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
          const own = total - row[target[i]![t]!]!;
          plain += own;
          smoothed += 0.9 * own + 0.1 * (total - row.reduce((sum, x) => sum + x, 0) / row.length);
        });
        expect(sums![i]).toBeCloseTo(smoothed, 4);
        expect(nll![i]).toBeCloseTo(plain, 4);
      });
      expect([...tokens!]).toEqual([3, 1]);
      // in training the mean over examples is the mean over tokens
      const trained = readFloats(task.forward(model, training, batch).losses);
      expect((trained[0]! + trained[1]!) / 2).toBeCloseTo((sums![0]! + sums![1]!) / 4, 4);
      const results = Object.fromEntries(
        [
          ['loss', sums],
          ['nll', nll],
          ['tokens', tokens],
        ].map(([name, values]) => [name as string, Float64Array.from(values as Float32Array)]),
      );
      const metrics = task.metrics!(results);
      expect(metrics.loss).toBeCloseTo((sums![0]! + sums![1]!) / 4, 6);
      expect(metrics.perplexity).toBeCloseTo(Math.exp((nll![0]! + nll![1]!) / 4), 4);
    });
    disposeAll(weights);
    model.dispose();
  });
});
