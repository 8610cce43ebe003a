import { stringify } from 'csv-stringify/sync';
import type { Comparison, ComparisonRow } from './compare.js';
import type { Statistic } from './statistics.js';
import type { TargetCell } from './target.js';

type Fields = Record<string, string | number | undefined>;

function statisticFields(name: string, value: Statistic | undefined): Fields {
  return { [`${name}_mean`]: value?.mean, [`${name}_std`]: value?.std };
}

function metricFields(row: ComparisonRow, metric: string): Fields {
  const cell = row.metrics[metric];
  return {
    ...statisticFields(metric, cell),
    [`${metric}_vs_gen`]: cell?.difference?.mean,
    [`${metric}_vs_gen_ci95`]: cell?.difference?.halfWidth,
    [`${metric}_won`]: cell?.record?.wins,
    [`${metric}_lost`]: cell?.record?.losses,
  };
}

function targetFields({ target, reachedSeeds, ...spent }: TargetCell): Fields {
  const name = `${target.metric}_${target.value}`;
  return {
    [`reached_${name}`]: reachedSeeds.length,
    [`steps_to_${name}`]: spent.steps?.mean,
    [`forward_passes_to_${name}`]: spent.forwardPasses?.mean,
    [`backward_passes_to_${name}`]: spent.backwardPasses?.mean,
    ...statisticFields(`time_s_to_${name}`, spent.timeS),
  };
}

/** One line a method, in full precision: fractions stay fractions; `_ci95` is the half width of the interval. */
export function comparisonCsv(comparisons: readonly Comparison[]): string {
  const metrics = [...new Set(comparisons.flatMap((comparison) => comparison.metrics))];
  const lines = comparisons.flatMap(({ title, rows }) =>
    rows.map(
      (row): Fields => ({
        setting: title,
        method: row.label,
        optimizer: row.optimizer,
        scheduler: row.scheduler,
        seeds: row.completedSeeds.length,
        diverged: row.divergedSeeds.length,
        unfinished: row.unfinishedSeeds.length,
        missing: row.missingSeeds.length,
        ...Object.assign({}, ...metrics.map((metric) => metricFields(row, metric))),
        ...statisticFields('train_loss', row.trainLoss),
        forward_passes: row.forwardPasses?.mean,
        backward_passes: row.backwardPasses?.mean,
        ...statisticFields('time_s', row.timeS),
        ...statisticFields('wall_s', row.wallS),
        ...Object.assign({}, ...row.targets.map(targetFields)),
      }),
    ),
  );
  return stringify(lines, { header: true });
}
