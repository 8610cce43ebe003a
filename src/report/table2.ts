import type { RunSummary } from '../run/summary.js';
import type { Method, Setting } from './aggregate.js';
import { compareMethods } from './method.js';
import {
  PAPER_BATCH_SIZE,
  PAPER_IMAGE_SIZE,
  type PaperDataset,
  type PaperModel,
  table2Datasets,
  table2Models,
} from './paper.js';
import type { RunConfig } from './runs.js';
import { isComplete, measuredCell, notRun } from './table-cells.js';
import type { Cell, TableDocument, TableRow, Tier } from './table-document.js';

/** What the paper says of a run's experiment; undefined where it is none of Table 2. */
function paperOf(config: RunConfig): { model: PaperModel; dataset: PaperDataset } | undefined {
  const model = table2Models.find(
    ({ name, optimizer }) => name === config.model.name && optimizer.name === config.optimizer.name,
  );
  const dataset = table2Datasets.find(({ name }) => name === config.dataset?.name);
  return model && dataset && { model, dataset };
}

/** See `Tier`. Runs cut short by --max-steps are never `full`. */
function tierOf(method: Method): Tier {
  const { config } = method;
  const isPapers =
    paperOf(config) !== undefined &&
    config.model.pretrained === true &&
    config.dataset?.image_size === PAPER_IMAGE_SIZE &&
    (config.dataset.limit ?? null) === null &&
    isComplete(method);
  return isPapers ? 'full' : 'mini';
}

/** Hyperparameters that are not the paper's (Appendix B.2 and B.2.2). */
function deviationsOf(config: RunConfig): string[] {
  const paper = paperOf(config);
  if (!paper) return [];
  const { optimizer, scheduler, train } = config;
  const deviations: string[] = [];
  const check = (label: string, found: unknown, expected: unknown) => {
    if (found !== expected) deviations.push(`${label} ${String(found)} (paper: ${String(expected)})`);
  };
  check('epochs', train.epochs, paper.dataset.epochs);
  check('batch', train.batch_size, PAPER_BATCH_SIZE);
  const parameterFree = scheduler.name === 'prodigy' || scheduler.name === 'd-adapt';
  // the learning rate (a factor) that the paper gave these two is not printed
  if (!parameterFree) check('learning rate', scheduler.lr0 ?? optimizer.lr, paper.model.optimizer.lr);
  if (optimizer.name === 'sgd') {
    check('momentum', optimizer.momentum, 0.9);
    // "we have to remove the 5e-4 weight decay for this optimizer only"
    check('weight decay', optimizer.weight_decay, scheduler.name === 'd-adapt' ? 0 : 5e-4);
  }
  if (scheduler.name === 'gen') {
    check('Φ', scheduler.phi, paper.dataset.phi);
    if (scheduler.preset !== 'paper') {
      deviations.push(`GeN preset ${String(scheduler.preset)} (the paper prints Algorithm 1: preset paper)`);
    }
  }
  return deviations;
}

/** Accuracy in percent; deviations only where there is a paper to deviate from. */
function cellOf(method: Method, tier: Tier): Cell {
  const deviations = tier === 'full' ? deviationsOf(method.config) : [];
  const percent = ({ final: { accuracy } }: RunSummary) =>
    accuracy === undefined ? undefined : 100 * accuracy;
  return measuredCell(method, percent, deviations);
}

/** The nearest to the paper first: fewest deviations, then most seeds. */
function byFidelity(a: Method, b: Method): number {
  return (
    deviationsOf(a.config).length - deviationsOf(b.config).length || b.completed.length - a.completed.length
  );
}

function fullRows(methods: readonly Method[], model: PaperModel, againstPaper: boolean): TableRow[] {
  const own = methods.filter(({ config }) => paperOf(config)?.model === model);
  const of = (dataset: PaperDataset) => own.filter(({ config }) => config.dataset?.name === dataset.name);
  const used = new Set<Method>();
  const rows = model.rows.flatMap(({ scheduler, label, accuracy }): TableRow[] => {
    const cells = table2Datasets.map((dataset) => {
      const candidates = of(dataset).filter(
        ({ config }) =>
          config.scheduler.name === scheduler &&
          (scheduler !== 'gen' || config.scheduler.preset === 'authors'),
      );
      const nearest = candidates.sort(byFidelity)[0];
      if (!nearest) return notRun;
      used.add(nearest);
      return cellOf(nearest, 'full');
    });
    const here: TableRow = { group: model.label, label, from: againstPaper ? 'here' : undefined, cells };
    if (!againstPaper) return [here];
    const printed = accuracy.map((value): Cell => ({ source: 'paper', value }));
    return [here, { group: model.label, label, from: 'paper', cells: printed }];
  });
  // what was measured beyond the paper's six methods, e.g. GeN as printed or another learning rate
  const others = own.filter((method) => !used.has(method)).sort((a, b) => compareMethods(a.config, b.config));
  for (const label of new Set(others.map(({ fullLabel }) => fullLabel))) {
    const cells = table2Datasets.map((dataset) => {
      const [nearest] = of(dataset)
        .filter((method) => !used.has(method) && method.fullLabel === label)
        .sort(byFidelity);
      return nearest ? cellOf(nearest, 'full') : notRun;
    });
    rows.push({ group: model.label, label, from: againstPaper ? 'here' : undefined, cells });
  }
  return rows;
}

const common = {
  number: 2,
  heads: { group: 'model', column: 'dataset', value: 'accuracy_percent' },
  digits: 2,
};

/** Table 2 as far as it was run: the paper's two models, seven data sets and six methods, further methods below. */
export function table2Full(settings: readonly Setting[], againstPaper: boolean): TableDocument {
  const methods = settings
    .flatMap((setting) => setting.methods)
    .filter((method) => tierOf(method) === 'full');
  return {
    ...common,
    tier: 'full',
    caption:
      'Table 2: test accuracy (%) of ResNet50 (base optimizer SGD) and ViT-base (AdamW) on image classification. ' +
      (againstPaper
        ? 'here: measured by gen-bench; paper: as printed in arXiv:2407.02772.'
        : 'Measured by gen-bench.'),
    columns: table2Datasets.map(({ label }) => label),
    rows: table2Models.flatMap((model) => fullRows(methods, model, againstPaper)),
    notes: methods.length === 0 ? ['No run of this table was found: every cell is still to be run.'] : [],
  };
}

/** The same comparison on whatever small models and data sets were run. */
export function table2Mini(settings: readonly Setting[]): TableDocument {
  const columns: string[] = [];
  const rows = new Map<string, { group: string; label: string; cells: Map<string, Cell> }>();
  for (const { title, methods } of settings) {
    for (const method of methods) {
      const { config, fullLabel } = method;
      if (config.task !== 'classification' || tierOf(method) !== 'mini') continue;
      const dataset = config.dataset?.name ?? '';
      if (!columns.includes(dataset)) columns.push(dataset);
      // settings of the same model and data carry what tells them apart behind the first comma of their title
      const details = title.includes(', ') ? title.slice(title.indexOf(', ')) : '';
      const group = `${config.model.name}${details}`;
      const key = `${group}\n${fullLabel}`;
      const row = rows.get(key) ?? { group, label: fullLabel, cells: new Map() };
      row.cells.set(dataset, cellOf(method, 'mini'));
      rows.set(key, row);
    }
  }
  const sorted = [...rows.values()].sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
  return {
    ...common,
    tier: 'mini',
    caption:
      'Table 2, mini tier: test accuracy (%) on small models and data sets. ' +
      'Measured by gen-bench; not comparable with the numbers of the paper.',
    columns,
    rows: sorted.map(({ group, label, cells }) => ({
      ...{ group, label, from: undefined },
      cells: columns.map((column) => cells.get(column) ?? notRun),
    })),
    notes: rows.size === 0 ? ['No run of the mini tier was found.'] : [],
  };
}
