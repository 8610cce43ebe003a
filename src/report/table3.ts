import type { Method, Setting } from './aggregate.js';
import { table3Columns, table3Rows } from './paper.js';
import type { RunConfig } from './runs.js';
import { besidePaper, isComplete, measuredCell } from './table-cells.js';
import type { Cell, TableDocument, TableRow, Tier } from './table-document.js';

/** See `Tier`. */
function tierOf(method: Method): Tier {
  const { model, dataset } = method.config;
  const isPapers =
    model.name === 'gpt2' &&
    model.pretrained === true &&
    dataset?.name === 'e2e' &&
    (dataset.limit ?? null) === null &&
    (dataset.test_set ?? 'test') === 'test' &&
    isComplete(method);
  return isPapers ? 'full' : 'mini';
}

/** Hyperparameters that are not the paper's (Appendix B.3.1) or those of LoRA's code base, which it follows. */
function deviationsOf(config: RunConfig): string[] {
  const { model, dataset, optimizer, scheduler, train } = config;
  const decoding = (config.eval ?? {}) as Readonly<Record<string, unknown>>;
  const deviations: string[] = [];
  const check = (label: string, found: unknown, expected: unknown, source = 'paper') => {
    if (found !== expected) deviations.push(`${label} ${String(found)} (${source}: ${String(expected)})`);
  };
  check('epochs', train.epochs, 5);
  check('batch', train.batch_size, 256);
  check('learning rate', scheduler.lr0 ?? optimizer.lr, 1e-3);
  check('sequence length', dataset?.max_length, 128);
  check('training', model.peft, 'lora');
  check('LoRA rank', model.lora_r, 4, 'code base');
  check('LoRA alpha', model.lora_alpha, 32, 'code base');
  check('LoRA dropout', model.lora_dropout, 0.1, 'code base');
  check('weight decay', optimizer.weight_decay, 0.01, 'code base');
  check('label smoothing', train.label_smoothing, 0.1, 'code base');
  check('beam', decoding.beam, 10, 'code base');
  check('length penalty', decoding.length_penalty, 0.8, 'code base');
  check('no repeated n-gram', decoding.no_repeat_ngram, 4, 'code base');
  if (scheduler.name === 'gen') {
    check('Φ', scheduler.phi, 4);
    if (scheduler.preset !== 'paper') {
      deviations.push(`GeN preset ${String(scheduler.preset)} (the paper prints Algorithm 1: preset paper)`);
    }
  }
  return deviations;
}

/** Table 3's columns, and behind them the perplexity that the text measures too. */
const columns = [...table3Columns, { metric: 'perplexity', label: 'perplexity', scale: 1, digits: 3 }];

function cellsOf(method: Method, tier: Tier): Cell[] {
  const deviations = tier === 'full' ? deviationsOf(method.config) : [];
  const generated = method.completed.some(({ summary }) => summary.final.bleu !== undefined);
  return columns.map(({ metric, scale }) => {
    const cell = measuredCell(method, ({ final }) => final[metric] && scale * final[metric], deviations);
    return metric === 'meteor' && generated && cell.source !== 'measured' ? { source: 'needs Java' } : cell;
  });
}

const common = {
  number: 3,
  heads: { group: 'model', column: 'metric', value: 'value' },
  digits: columns.map(({ digits }) => digits),
  columns: columns.map(({ label }) => label),
};

/** Table 3 as far as it was run: the paper's six schedulers, further methods below. */
export function table3Full(settings: readonly Setting[], againstPaper: boolean): TableDocument {
  const group = 'GPT2 on E2E';
  const methods = settings
    .flatMap((setting) => setting.methods)
    .filter((method) => method.config.task === 'nlg' && tierOf(method) === 'full');
  const rows = besidePaper(methods, table3Rows, {
    ...{ group, againstPaper },
    deviations: ({ config }) => deviationsOf(config),
    cellsOf: (method) => cellsOf(method, 'full'),
    printed: ({ values }) =>
      columns.map((_, i): Cell => {
        const value = values[i];
        return value === undefined ? { source: 'not printed' } : { source: 'paper', value };
      }),
  });
  return {
    ...common,
    tier: 'full',
    caption:
      'Table 3: GPT2 with LoRA on the E2E challenge, texts by beam search. BLEU and ROUGE-L in percent. ' +
      (againstPaper
        ? 'here: measured by gen-bench; paper: as printed in arXiv:2407.02772.'
        : 'Measured by gen-bench.'),
    rows,
    notes: methods.length === 0 ? ['No run of this table was found: every cell is still to be run.'] : [],
  };
}

/** The same comparison on whatever small models and data sets were run. */
export function table3Mini(settings: readonly Setting[]): TableDocument {
  const rows = settings.flatMap(({ title, methods }) =>
    methods
      .filter((method) => method.config.task === 'nlg' && tierOf(method) === 'mini')
      .map((method): TableRow => {
        const synthetic = method.config.dataset?.name === 'e2e-grammar' ? ' (synthetic)' : '';
        return {
          ...{ group: title + synthetic, label: method.fullLabel, from: undefined },
          cells: cellsOf(method, 'mini'),
        };
      }),
  );
  return {
    ...common,
    tier: 'mini',
    caption:
      'Table 3, mini tier: small language models, texts by beam search. BLEU and ROUGE-L in percent. ' +
      'Measured by gen-bench; not comparable with the numbers of the paper. ' +
      "Meanings and sentences of e2e-grammar are synthetic: a grammar over the E2E challenge's slots makes them.",
    rows,
    notes: rows.length === 0 ? ['No run of the mini tier was found.'] : [],
  };
}
