import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeRun } from '../testing/fake-run.js';
import { table3Rows, table4Blocks } from './paper.js';
import { type TableOptions, table } from './table.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-table34-'));
afterAll(() => rmSync(dir, { recursive: true }));

const make = (number: number, options: Partial<TableOptions> = {}) =>
  table(number, { results: dir, format: 'md', tier: 'full', ...options }).text;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const nlg = {
  config: { task: 'nlg', eval: { every: 'epoch', beam: 10, length_penalty: 0.8, no_repeat_ngram: 4 } },
  model: { name: 'gpt2', pretrained: true, peft: 'lora', lora_r: 4, lora_alpha: 32, lora_dropout: 0.1 },
  dataset: { name: 'e2e', max_length: 128, limit: null, test_set: 'test' },
  optimizer: { name: 'adamw', lr: 1e-3, weight_decay: 0.01, momentum: undefined },
  train: { epochs: 5, batch_size: 256, label_smoothing: 0.1 },
};
const scores = { bleu: 0.671, nist: 8.61, meteor: 0.45, rouge_l: 0.68, cider: 2.3, perplexity: 2.5 };
const { meteor: _, ...withoutJava } = scores;
const linear = { name: 'linear', preset: undefined, phi: undefined };

const glue = {
  config: { task: 'glue' },
  model: { name: 'roberta-base', pretrained: true, peft: 'lora', lora_r: 8, lora_alpha: 8 },
  optimizer: { name: 'adamw', lr: 4e-4, momentum: undefined },
  scheduler: { name: 'gen', preset: 'authors', phi: 8 },
};
const dataset = (name: string) => ({ name, max_length: 512, limit: null });

beforeAll(() => {
  const run = (path: string, options: Parameters<typeof fakeRun>[1]) => fakeRun(join(dir, path), options);
  run('e2e/gen', { ...nlg, summary: { final: scores } });
  run('e2e/linear', { ...nlg, scheduler: linear, summary: { final: withoutJava } });
  const grammar = {
    ...nlg,
    model: { name: 'gpt2-mini', width: 128 },
    dataset: { name: 'e2e-grammar' },
  };
  for (const seed of [0, 1]) run(`grammar/${seed}`, { ...grammar, seed, summary: { final: scores } });
  run('glue/cola', {
    ...glue,
    dataset: dataset('cola'),
    train: { epochs: 10, batch_size: 128 },
    summary: { final: { accuracy: 0.9, matthews: 0.6412, f1: 0.8 } },
  });
  run('glue/mnli', {
    ...glue,
    model: { ...glue.model, peft: 'full' },
    dataset: dataset('mnli'),
    optimizer: { ...glue.optimizer, lr: 1e-6 },
    train: { epochs: 1, batch_size: 128 },
    summary: { final: { accuracy: 0.8, 'mismatched/accuracy': 0.9, 'overall/accuracy': 0.8512 } },
  });
  run('glue/mrpc', {
    ...glue,
    scheduler: { ...linear, name: 'warmup-linear' },
    dataset: dataset('mrpc'),
    train: { epochs: 3, batch_size: 128 },
    summary: { final: { accuracy: 0.8, f1: 0.9123, matthews: 0.5 } },
  });
  run('mini/tweets', {
    ...glue,
    model: { name: 'all-MiniLM-L6-v2', pretrained: true, peft: 'bitfit' },
    dataset: dataset('tweets'),
    summary: { final: { accuracy: 0.7, matthews: 0.5 } },
  });
});

describe('table 3', () => {
  it('is typed in as printed: sums of the rows, added up by hand', () => {
    expect(table3Rows.map(({ values }) => sum(values).toFixed(4))).toEqual([
      '145.7625',
      '145.7674',
      '145.0754',
      '143.6541',
      '141.9222',
      '140.9049',
    ]);
  });

  it('shows what was measured in the units of the paper, and what needs Java', () => {
    const text = make(3);
    expect(text).toMatch(
      /GeN-AdamW \| 67\.10 \(1 seed\)<?[^|]*\| 68\.00 [^|]*\| 8\.6100 [^|]*\| 0\.4500 [^|]*\| 2\.3000 [^|]*\| 2\.500/,
    );
    expect(text).toMatch(/AdamW \(linear\) \| 67\.10 .*\| needs Java \| 2\.3000/);
    expect(text).toContain('AdamW (cosine) | not run |');
    expect(text).toContain('GeN preset authors');
    expect(text).not.toContain('epochs');
    expect(text).not.toContain('grammar');
  });

  it('puts the paper beside it', () => {
    const text = make(3, { against: 'paper' });
    expect(text).toContain(
      '| GPT2 on E2E | AdamW (inverse) | paper | 64.43 | 65.95 | 8.0447 | 0.4010 | 2.0792 | not printed |',
    );
    expect(make(3, { against: 'paper', format: 'csv' })).toMatch(/METEOR,needs Java/);
    expect(make(3, { format: 'latex' })).toContain('needs Java');
  });

  it('labels the mini tier as synthetic', () => {
    const text = make(3, { tier: 'mini' });
    expect(text).toMatch(
      /gpt2-mini on e2e-grammar[^|]* \(synthetic\) \| GeN-AdamW \| 67\.10 ± 0\.00 \(2 seeds\)/,
    );
    expect(text).toContain('are synthetic');
    expect(text).not.toContain('gpt2 on e2e ');
  });
});

describe('table 4', () => {
  it('is typed in as printed: sums of the rows, added up by hand', () => {
    const sums = table4Blocks.map(({ rows }) => rows.map(({ values }) => sum(values).toFixed(1)));
    expect(sums).toEqual([
      ['595.1', '602.0'],
      ['588.0', '585.8'],
      ['599.4', '592.2'],
    ]);
  });

  it('shows the metric of each task, with deviations', () => {
    const text = make(4);
    expect(text).toMatch(/LoRA \(0\.3 M\) \| GeN-AdamW \| not run \| not run \| not run \| 64\.1 \(1 seed\)/);
    expect(text).toMatch(/full \(125\.0 M\) \| GeN-AdamW \| 85\.1 \(1 seed\)/);
    expect(text).toMatch(
      /LoRA \(0\.3 M\) \| AdamW \(warmup-linear\) \| not run \| not run \| 91\.2 \(1 seed\)/,
    );
    expect(text).toContain('epochs 3 (paper: 10)');
    expect(text).not.toContain('epochs 1 ');
    expect(text).not.toContain('MiniLM');
  });

  it('puts the paper beside it', () => {
    expect(make(4, { against: 'paper' })).toContain(
      '| BitFit (0.1 M) | AdamW (warmup-linear) | paper | 85.0 | 93.7 | 92.0 | 61.8 | 91.3 | 84.2 | 77.8 |',
    );
  });

  it('shows the mini tier by model and training, without the paper', () => {
    const text = make(4, { tier: 'mini' });
    expect(text).toContain('| all-MiniLM-L6-v2, peft=bitfit | GeN-AdamW | 70.0 (1 seed) |');
    expect(text).not.toContain('roberta');
  });
});

it('tables 3 and 4 are all «not run» without results', () => {
  for (const number of [3, 4]) {
    expect(make(number, { results: join(dir, 'none') })).toContain('every cell is still to be run');
    expect(make(number, { results: join(dir, 'none'), tier: 'mini' })).toContain('No run of the mini tier');
  }
});
