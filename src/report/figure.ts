import { UsageError } from '../errors.js';
import { comparisonFigure } from './figure-comparison.js';
import { ganFigure } from './figure-gan.js';
import { samplesFigure } from './figure-samples.js';
import { sensitivityFigure } from './figure-sensitivity.js';
import { syntheticFigure } from './figure-synthetic.js';

/** Figures by the paper's number, or by name where it has none: draws the runs under `results` to `out`. */
const builders: Readonly<Record<string, (results: readonly string[], out: string) => void>> = {
  1: comparisonFigure,
  6: (results, out) => syntheticFigure('rosenbrock', results, out),
  7: (results, out) => syntheticFigure('beale', results, out),
  10: (results, out) => comparisonFigure(results, out, 'detection'),
  11: ganFigure,
  12: samplesFigure,
  13: comparisonFigure,
  sensitivity: sensitivityFigure,
};
const figureNames = Object.keys(builders);

/**
 * Draws one of the paper's figures, or one of ours, from runs.
 *
 * @throws UsageError for a figure that there is not or an ending other than .svg and .png; MissingError without runs.
 */
export function figure(
  name: string,
  options: { readonly results: readonly string[]; readonly out: string },
): void {
  const builder = Object.hasOwn(builders, name) ? builders[name] : undefined;
  if (!builder) throw new UsageError(`figure ${name}: expected ${figureNames.join(', ')}`);
  builder(options.results, options.out);
}
