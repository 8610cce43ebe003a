import type { Method, Setting } from './aggregate.js';
import { compareMethods } from './method.js';
import { table7Metrics, table7Rows } from './paper.js';
import type { RunConfig } from './runs.js';
import { isComplete, measuredCell, notRun } from './table-cells.js';
import type { Cell, TableDocument, TableRow, Tier } from './table-document.js';

/** See `Tier`. */
function tierOf(method: Method): Tier {
  const { model, dataset } = method.config;
  const isPapers =
    model.name === 'bert4rec' &&
    model.width === 256 &&
    model.depth === 2 &&
    dataset?.name === 'ml-1m' &&
    dataset.max_length === 100 &&
    (dataset.limit ?? null) === null &&
    isComplete(method);
  return isPapers ? 'full' : 'mini';
}

/** Hyperparameters that are not the paper's (Appendix B.5) or, where it is silent, those of the codebase it names. */
function deviationsOf({ model, dataset, optimizer, scheduler, train }: RunConfig): string[] {
  const deviations: string[] = [];
  const check = (label: string, found: unknown, expected: unknown, source = 'paper') => {
    if (found !== expected) deviations.push(`${label} ${String(found)} (${source}: ${String(expected)})`);
  };
  check('epochs', train.epochs, 100);
  check('optimizer', optimizer.name, 'adam');
  check('learning rate', scheduler.lr0 ?? optimizer.lr, 1e-3, 'codebase');
  check('heads', model.heads, 4, 'codebase');
  check('dropout', model.dropout, 0.1, 'codebase');
  check('masked share', dataset?.mask_prob, 0.15, 'codebase');
  check('other candidates by', dataset?.negatives, 'uniform', 'codebase');
  check('other candidates', dataset?.num_negatives, 100, 'codebase');
  return deviations;
}

function cellsOf(method: Method, tier: Tier): Cell[] {
  const deviations = tier === 'full' ? deviationsOf(method.config) : [];
  return table7Metrics.map((metric) => measuredCell(method, ({ final }) => final[metric], deviations));
}

/** The nearest to the paper first: fewest deviations, then most seeds. */
function byFidelity(a: Method, b: Method): number {
  return (
    deviationsOf(a.config).length - deviationsOf(b.config).length || b.completed.length - a.completed.length
  );
}

const common = {
  number: 7,
  heads: { group: 'setting', column: 'metric', value: 'value' },
  digits: 3,
  columns: table7Metrics,
};

/** Table 7 as far as it was run: the paper's three methods, further ones below. */
export function table7Full(settings: readonly Setting[], againstPaper: boolean): TableDocument {
  const methods = settings
    .flatMap((setting) => setting.methods)
    .filter((method) => method.config.task === 'recommendation' && tierOf(method) === 'full');
  const from = againstPaper ? 'here' : undefined;
  const used = new Set<Method>();
  const rows = table7Rows.flatMap(({ scheduler, label, batchSize, values }): TableRow[] => {
    const group = `batch ${batchSize}`;
    const [nearest] = methods
      .filter(({ config }) => config.scheduler.name === scheduler && config.train.batch_size === batchSize)
      .sort(byFidelity);
    if (nearest) used.add(nearest);
    const cells = nearest ? cellsOf(nearest, 'full') : table7Metrics.map(() => notRun);
    const here: TableRow = { group, label, from, cells };
    if (!againstPaper) return [here];
    const printed = values.map((value): Cell => ({ source: 'paper', value }));
    return [here, { group, label, from: 'paper', cells: printed }];
  });
  const others = methods
    .filter((method) => !used.has(method))
    .sort((a, b) => compareMethods(a.config, b.config))
    .map((method): TableRow => {
      const { config, fullLabel } = method;
      return {
        group: `batch ${config.train.batch_size}`,
        label: fullLabel,
        from,
        cells: cellsOf(method, 'full'),
      };
    });
  return {
    ...common,
    tier: 'full',
    caption:
      'Table 7: recall and NDCG of the K best recommendations, BERT4Rec on MovieLens-1M. ' +
      (againstPaper
        ? 'here: measured by gen-bench; paper: as printed in arXiv:2407.02772.'
        : 'Measured by gen-bench.'),
    rows: [...rows, ...others],
    notes: methods.length === 0 ? ['No run of this table was found: every cell is still to be run.'] : [],
  };
}

/** The same comparison on whatever small models and data sets were run. */
export function table7Mini(settings: readonly Setting[]): TableDocument {
  const rows = settings.flatMap(({ title, methods }) =>
    methods
      .filter((method) => method.config.task === 'recommendation' && tierOf(method) === 'mini')
      .map((method): TableRow => {
        const batch = title.includes('batch_size') ? '' : `, batch ${method.config.train.batch_size}`;
        return {
          ...{ group: title + batch, label: method.fullLabel, from: undefined },
          cells: cellsOf(method, 'mini'),
        };
      }),
  );
  return {
    ...common,
    tier: 'mini',
    caption:
      'Table 7, mini tier: recall and NDCG of the K best recommendations, small models and data sets. ' +
      'Measured by gen-bench; not comparable with the numbers of the paper.',
    rows,
    notes: rows.length === 0 ? ['No run of the mini tier was found.'] : [],
  };
}
