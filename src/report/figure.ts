import { UsageError } from '../errors.js';
import { comparisonFigure } from './figure-comparison.js';
import { ganFigure } from './figure-gan.js';
import { samplesFigure } from './figure-samples.js';
import { syntheticFigure } from './figure-synthetic.js';

/** The paper's figures that can be made, by number: draws the runs under `results` to `out`. */
const builders: Readonly<Record<number, (results: readonly string[], out: string) => void>> = {
  1: comparisonFigure,
  6: (results, out) => syntheticFigure('rosenbrock', results, out),
  7: (results, out) => syntheticFigure('beale', results, out),
  11: ganFigure,
  12: samplesFigure,
  13: comparisonFigure,
};
const figureNumbers = Object.keys(builders).map(Number);

/**
 * Draws one of the paper's figures from runs.
 *
 * @throws UsageError for a figure that there is not or an ending other than .svg and .png; MissingError without runs.
 */
export function figure(
  number: number,
  options: { readonly results: readonly string[]; readonly out: string },
): void {
  const builder = builders[number];
  if (!builder) throw new UsageError(`figure ${number}: expected ${figureNumbers.join(', ')}`);
  builder(options.results, options.out);
}
