import type { Method, Setting } from './aggregate.js';
import { compareMethods } from './method.js';
import { type PaperGlueTask, table4Blocks, table4Tasks } from './paper.js';
import type { RunConfig } from './runs.js';
import { isComplete, measuredCell, notRun } from './table-cells.js';
import type { Cell, TableDocument, TableRow, Tier } from './table-document.js';

function paperTask(config: RunConfig): PaperGlueTask | undefined {
  return table4Tasks.find(({ name }) => name === config.dataset?.name);
}

/** See `Tier`. */
function tierOf(method: Method): Tier {
  const { model, dataset } = method.config;
  const isPapers =
    model.name === 'roberta-base' &&
    model.pretrained === true &&
    paperTask(method.config) !== undefined &&
    (dataset?.limit ?? null) === null &&
    isComplete(method);
  return isPapers ? 'full' : 'mini';
}

/** Hyperparameters that are not the paper's: Table 6, and Table 9 of Hu et al. 2021 where that is silent. */
function deviationsOf(config: RunConfig): string[] {
  const paper = paperTask(config);
  if (!paper) return [];
  const { model, dataset, optimizer, scheduler, train } = config;
  const deviations: string[] = [];
  const check = (label: string, found: unknown, expected: unknown, source = 'paper') => {
    if (found !== expected) deviations.push(`${label} ${String(found)} (${source}: ${String(expected)})`);
  };
  const isFull = model.peft === 'full';
  check('epochs', train.epochs, (isFull ? paper.epochs.full : undefined) ?? paper.epochs.any);
  check('batch', train.batch_size, paper.batchSize);
  check('optimizer', optimizer.name, 'adamw');
  check('sequence length', dataset?.max_length, 512, 'LoRA');
  const learningRate = scheduler.lr0 ?? optimizer.lr;
  if (isFull) check('learning rate', learningRate, paper.lr.full);
  if (model.peft === 'lora') {
    check('learning rate', learningRate, paper.lr.lora, 'LoRA');
    check('LoRA rank', model.lora_r, 8, 'LoRA');
    check('LoRA alpha', model.lora_alpha, 8, 'LoRA');
  }
  if (scheduler.name === 'gen') {
    check('Φ', scheduler.phi, 8);
    if (scheduler.preset !== 'paper') {
      deviations.push(`GeN preset ${String(scheduler.preset)} (the paper prints Algorithm 1: preset paper)`);
    }
  }
  return deviations;
}

/** The task's metric in percent: the paper's, elsewhere accuracy. */
function cellOf(method: Method, tier: Tier): Cell {
  const metric = paperTask(method.config)?.metric ?? 'accuracy';
  const deviations = tier === 'full' ? deviationsOf(method.config) : [];
  return measuredCell(
    method,
    ({ final }) => (final[metric] === undefined ? undefined : 100 * final[metric]),
    deviations,
  );
}

/** The nearest to the paper first: fewest deviations, then most seeds. */
function byFidelity(a: Method, b: Method): number {
  return (
    deviationsOf(a.config).length - deviationsOf(b.config).length || b.completed.length - a.completed.length
  );
}

const common = {
  number: 4,
  heads: { group: 'training', column: 'task', value: 'percent' },
  digits: 1,
};

const METRICS =
  "In percent: accuracy of both test sets together for MNLI, Matthews' correlation for CoLA, F1 for MRPC and QQP, " +
  'accuracy elsewhere; the test sets are the development sets. ';

type Block = (typeof table4Blocks)[number];

function blockRows(methods: readonly Method[], block: Block, againstPaper: boolean): TableRow[] {
  const own = methods.filter(({ config }) => (config.model.peft ?? 'full') === block.peft);
  const from = againstPaper ? 'here' : undefined;
  const used = new Set<Method>();
  const cells = (matches: (method: Method) => boolean) =>
    table4Tasks.map(({ name }) => {
      const [nearest] = own
        .filter((method) => method.config.dataset?.name === name && !used.has(method) && matches(method))
        .sort(byFidelity);
      if (!nearest) return notRun;
      used.add(nearest);
      return cellOf(nearest, 'full');
    });
  const group = block.label;
  const rows = block.rows.flatMap(({ scheduler, label, values }): TableRow[] => {
    const measured = cells(
      ({ config }) =>
        config.scheduler.name === scheduler && (scheduler !== 'gen' || config.scheduler.preset === 'authors'),
    );
    const here: TableRow = { group, label, from, cells: measured };
    if (!againstPaper) return [here];
    const printed = values.map((value): Cell => ({ source: 'paper', value }));
    return [here, { group, label, from: 'paper', cells: printed }];
  });
  const others = own.filter((method) => !used.has(method)).sort((a, b) => compareMethods(a.config, b.config));
  for (const label of new Set(others.map(({ fullLabel }) => fullLabel))) {
    rows.push({ group, label, from, cells: cells(({ fullLabel }) => fullLabel === label) });
  }
  return rows;
}

/** Table 4 as far as it was run: LoRA, BitFit and full fine-tuning, GeN and linear warm-up, further methods below. */
export function table4Full(settings: readonly Setting[], againstPaper: boolean): TableDocument {
  const methods = settings
    .flatMap((setting) => setting.methods)
    .filter((method) => method.config.task === 'glue' && tierOf(method) === 'full');
  return {
    ...common,
    tier: 'full',
    caption: `Table 4: RoBERTa-base on GLUE. ${METRICS}${
      againstPaper
        ? 'here: measured by gen-bench; paper: as printed in arXiv:2407.02772, where the numbers beside those of GeN are of other papers.'
        : 'Measured by gen-bench.'
    }`,
    columns: table4Tasks.map(({ label }) => label),
    rows: table4Blocks.flatMap((block) => blockRows(methods, block, againstPaper)),
    notes: methods.length === 0 ? ['No run of this table was found: every cell is still to be run.'] : [],
  };
}

/** The same comparison on whatever small models and data sets were run. */
export function table4Mini(settings: readonly Setting[]): TableDocument {
  const columns: string[] = [];
  const rows = new Map<string, { peft: string; group: string; label: string; cells: Map<string, Cell> }>();
  for (const { title, methods } of settings) {
    for (const method of methods) {
      const { config, fullLabel } = method;
      if (config.task !== 'glue' || tierOf(method) !== 'mini') continue;
      const dataset = config.dataset?.name ?? '';
      if (!columns.includes(dataset)) columns.push(dataset);
      const peft = String(config.model.peft ?? 'full');
      // settings of the same model and data carry what tells them apart behind the first comma of their title
      const details = title.includes(', ') ? title.slice(title.indexOf(', ')) : '';
      const group = `${config.model.name}${details.includes('peft=') ? '' : `, peft=${peft}`}${details}`;
      const key = `${group}\n${fullLabel}`;
      const row = rows.get(key) ?? { peft, group, label: fullLabel, cells: new Map() };
      row.cells.set(dataset, cellOf(method, 'mini'));
      rows.set(key, row);
    }
  }
  const order: readonly string[] = table4Blocks.map(({ peft }) => peft);
  const sorted = [...rows.values()].sort((a, b) => order.indexOf(a.peft) - order.indexOf(b.peft));
  return {
    ...common,
    tier: 'mini',
    caption:
      'Table 4, mini tier: small encoders on texts with classes. ' +
      "Accuracy in percent (F1 on MRPC and QQP, Matthews' correlation on CoLA). " +
      'Measured by gen-bench; not comparable with the numbers of the paper.',
    columns,
    rows: sorted.map(({ group, label, cells }) => ({
      ...{ group, label, from: undefined },
      cells: columns.map((column) => cells.get(column) ?? notRun),
    })),
    notes: rows.size === 0 ? ['No run of the mini tier was found.'] : [],
  };
}
