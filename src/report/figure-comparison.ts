/**
 * Figures that compare methods: Figures 1, 8, 9, 10 and 13 of the paper, a row of panels for each setting.
 */
import { MissingError } from '../errors.js';
import { aggregate, type Setting } from './aggregate.js';
import { type ComparisonBlock, curvePanels, type Quantity } from './curve-panels.js';
import { pictureSvg, writePicture } from './picture.js';
import { findRuns } from './runs.js';
import { type LineStyle, lineStyles } from './theme.js';

/** Loss, effective learning rate and test metric of every method over the steps. */
export function comparisonBlock(
  { methods, seeds, title }: Setting,
  quantities: readonly Quantity[] = ['loss', 'rate', 'metric'],
): ComparisonBlock {
  const styles = lineStyles(methods);
  const optimizers = new Set(methods.map(({ optimizer }) => optimizer));
  return {
    title,
    subtitle: [
      ...(optimizers.size === 1 ? [`base optimizer ${[...optimizers].join()}`] : []),
      `seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}`,
    ].join(' · '),
    legend: methods.map((method) => ({
      label: optimizers.size === 1 ? method.label : method.fullLabel,
      style: styles.get(method) as LineStyle,
    })),
    ...curvePanels({ methods, styles, x: 'step', quantities }),
  };
}

/** Which runs a figure compares, and what it shows of them. */
export interface Comparison {
  /** Runs of this task alone; undefined: all. */
  readonly task?: string;
  readonly quantities: readonly Quantity[];
}

/**
 * Draws the runs found under `runDirs` to `outFile` (.svg or .png).
 *
 * @throws MissingError when there are no runs; UsageError for another ending.
 */
export function comparisonFigure(
  { task, quantities }: Comparison,
  runDirs: readonly string[],
  outFile: string,
): void {
  const runs = findRuns(runDirs).filter(({ config }) => task === undefined || config.task === task);
  if (runs.length === 0) throw new MissingError(`${runDirs.join(', ')}: no runs of the task ${task}`);
  const blocks = aggregate(runs).map((setting) => comparisonBlock(setting, quantities));
  const titles = blocks.map(({ title }) => title).join('; ');
  writePicture(
    outFile,
    pictureSvg(blocks, `Training loss and effective learning rate by scheduler: ${titles}`),
  );
}
