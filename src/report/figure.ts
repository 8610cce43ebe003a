import { UsageError } from '../errors.js';
import { type Ablation, ablationFigure, ablations } from './figure-ablation.js';
import { type Comparison, comparisonFigure } from './figure-comparison.js';
import { ganFigure } from './figure-gan.js';
import { landscapeFigure } from './figure-landscape.js';
import { samplesFigure } from './figure-samples.js';
import { sensitivityFigure } from './figure-sensitivity.js';
import { syntheticFigure } from './figure-synthetic.js';

type Builder = (results: readonly string[], out: string) => void;

const compared =
  (comparison: Comparison): Builder =>
  (results, out) =>
    comparisonFigure(comparison, results, out);
const varied =
  (ablation: Ablation): Builder =>
  (results, out) =>
    ablationFigure(ablation, results, out);

/** Figures by the paper's number, or by name where it has none: draws the runs under `results` to `out`. */
const builders: Readonly<Record<string, Builder>> = {
  1: compared({ quantities: ['loss', 'rate', 'metric'] }),
  2: landscapeFigure,
  3: varied(ablations.batchSize),
  4: varied(ablations.model),
  5: varied(ablations.phi),
  6: (results, out) => syntheticFigure('rosenbrock', results, out),
  7: (results, out) => syntheticFigure('beale', results, out),
  8: compared({ task: 'classification', quantities: ['loss', 'metric', 'rate'] }),
  9: compared({ task: 'nlg', quantities: ['loss', 'rate'] }),
  10: compared({ task: 'detection', quantities: ['loss', 'rate', 'metric'] }),
  11: ganFigure,
  12: samplesFigure,
  13: compared({ quantities: ['loss', 'rate', 'metric'] }),
  14: varied(ablations.firstRate),
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
