import type { Method, Setting } from './aggregate.js';
import { table5Blocks, table5Columns } from './paper.js';
import type { RunConfig } from './runs.js';
import { besidePaper, isComplete, measuredCell } from './table-cells.js';
import type { Cell, TableDocument, TableRow, Tier } from './table-document.js';

/** See `Tier`. */
function tierOf(method: Method): Tier {
  const { model, dataset } = method.config;
  const isPapers =
    model.name === 'maskrcnn_resnet50_fpn' &&
    model.pretrained === true &&
    dataset?.name === 'penn-fudan' &&
    dataset.min_size === 800 &&
    dataset.max_size === 1333 &&
    (dataset.limit ?? null) === null &&
    isComplete(method);
  return isPapers ? 'full' : 'mini';
}

/** Hyperparameters that are not those of PyTorch's tutorial, which the paper follows (Section 6.3). */
function deviationsOf({ model, dataset, optimizer, scheduler, train }: RunConfig): string[] {
  const deviations: string[] = [];
  const check = (label: string, found: unknown, expected: unknown) => {
    if (found !== expected) deviations.push(`${label} ${String(found)} (tutorial: ${String(expected)})`);
  };
  check('epochs', train.epochs, 10);
  check('batch', train.batch_size, 2);
  check('optimizer', optimizer.name, 'sgd');
  check('learning rate', scheduler.lr0 ?? optimizer.lr, 5e-3);
  check('momentum', optimizer.momentum, 0.9);
  check('weight decay', optimizer.weight_decay, 5e-4);
  check('trained parts of the backbone', model.trainable_backbone_layers, 3);
  check('images padded to multiples of', dataset?.size_divisible, 32);
  return deviations;
}

type Kind = (typeof table5Blocks)[number]['kind'];

function cellsOf(method: Method, kind: Kind, tier: Tier): Cell[] {
  const deviations = tier === 'full' ? deviationsOf(method.config) : [];
  const evaluated = method.completed.some(({ summary }) => summary.final[`${kind}_ap`] !== undefined);
  return table5Columns.map(({ suffix }) => {
    const cell = measuredCell(method, ({ final }) => final[`${kind}_${suffix}`], deviations);
    return evaluated && cell.source !== 'measured' ? { source: 'no objects' } : cell;
  });
}

const common = {
  number: 5,
  heads: { group: 'task', column: 'metric', value: 'average_precision' },
  digits: 3,
  columns: table5Columns.map(({ label }) => label),
};

/** Table 5 as far as it was run: the paper's two methods, further ones below. */
export function table5Full(settings: readonly Setting[], againstPaper: boolean): TableDocument {
  const methods = settings
    .flatMap((setting) => setting.methods)
    .filter((method) => method.config.task === 'detection' && tierOf(method) === 'full');
  const rows = table5Blocks.flatMap(({ kind, label: group, rows: printedRows }) =>
    besidePaper(methods, printedRows, {
      ...{ group, againstPaper },
      deviations: ({ config }) => deviationsOf(config),
      cellsOf: (method) => cellsOf(method, kind, 'full'),
      printed: ({ values }) => values.map(([value, std]): Cell => ({ source: 'paper', value, std })),
    }),
  );
  return {
    ...common,
    tier: 'full',
    caption:
      'Table 5: average precision of Mask R-CNN on Penn-Fudan, of boxes and of masks. ' +
      'manual: warm-up over the first epoch, then a constant learning rate. ' +
      (againstPaper
        ? 'here: measured by gen-bench; paper: as printed in arXiv:2407.02772.'
        : 'Measured by gen-bench.'),
    rows,
    notes: methods.length === 0 ? ['No run of this table was found: every cell is still to be run.'] : [],
  };
}

/** The same comparison on whatever small models and data sets were run. */
export function table5Mini(settings: readonly Setting[]): TableDocument {
  const rows = table5Blocks.flatMap(({ kind, label }) =>
    settings.flatMap(({ title, methods }) =>
      methods
        .filter((method) => method.config.task === 'detection' && tierOf(method) === 'mini')
        .map((method): TableRow => {
          const synthetic = method.config.dataset?.name === 'stamps' ? ' (synthetic scenes)' : '';
          return {
            group: `${label}: ${title}${synthetic}`,
            label: method.fullLabel,
            from: undefined,
            cells: cellsOf(method, kind, 'mini'),
          };
        }),
    ),
  );
  return {
    ...common,
    tier: 'mini',
    caption:
      'Table 5, mini tier: average precision of boxes and of masks, small models and data sets. ' +
      'Measured by gen-bench; not comparable with the numbers of the paper. ' +
      'Images of stamps are synthetic scenes: cut-out objects placed at random over made backgrounds.',
    rows,
    notes: rows.length === 0 ? ['No run of the mini tier was found.'] : [],
  };
}
