/**
 * gen-bench as a library: everything the command line does.
 *
 * @example
 * import { loadConfig, run } from 'gen-bench';
 * const summary = await run(loadConfig('configs/mini/resnet8-digits.yaml'), { outDir: 'results/mine' });
 */
import type { Config } from './config/schema.js';
import type { Parameter } from './engine/parameters.js';
import { loadEngine } from './engine/tf.js';
import { UsageError } from './errors.js';
import { optimizers } from './optimizers/registry.js';
import type { Optimizer, OptimizerDefinition } from './optimizers/types.js';
import { type ExperimentOptions, runExperiment } from './run/experiment.js';
import type { RunSummary } from './run/summary.js';
import { schedulers } from './schedulers/registry.js';
import type { Schedule, SchedulerDefinition } from './schedulers/types.js';

export { loadConfig, parseConfig, resolveConfig } from './config/load.js';
export { stringifyConfig } from './config/output.js';
export type { Config } from './config/schema.js';
export { datasets } from './data/registry.js';
export { compile } from './engine/compile.js';
export { loadEngine, type Tensor, tf } from './engine/tf.js';
export { DivergedError, GenBenchError, InterruptedError, MissingError, UsageError } from './errors.js';
export { readWeights as loadWeights } from './formats/weights.js';
export { fitExamples, fitOneSided, fitParabola, type Parabola } from './gen/fit.js';
export { metrics } from './metrics/registry.js';
export {
  type CreateModelOptions,
  createModel,
  type ForwardOptions,
  type StandaloneModel,
  type TextInputs,
} from './models/create.js';
export type {
  DetectionTarget,
  DetectionTensors,
  DetectorEvaluation,
  DetectorTraining,
  StandaloneDetector,
} from './models/detector.js';
export { detectors, encoders, languageModels, models } from './models/registry.js';
export type { DecodeInputs, KeyValueCache } from './models/types.js';
export type { RunSummary } from './run/summary.js';
export { tasks } from './tasks/registry.js';
export type { Optimizer, Schedule };
export { optimizers, schedulers };

/**
 * Trains one config and writes the run's directory.
 *
 * @throws UsageError, MissingError, DivergedError or InterruptedError, as the command line's exit codes 2, 3, 4, 130
 */
export function run(
  config: Config,
  options: Pick<ExperimentOptions, 'outDir'> & Partial<ExperimentOptions>,
): Promise<RunSummary> {
  return runExperiment(config, {
    resume: false,
    force: false,
    compile: true,
    verbose: false,
    command: 'library',
    ...options,
  });
}

/**
 * A base optimizer over parameters of a model; options are those of a config's `optimizer` section.
 *
 * @throws UsageError for an unknown name or option
 */
export async function createOptimizer(
  parameters: readonly Parameter[],
  { name, ...options }: { readonly name: string } & Readonly<Record<string, unknown>>,
): Promise<Optimizer> {
  const definition = lookUp<OptimizerDefinition>('optimizer', optimizers, name);
  await loadEngine();
  return definition.create(parameters, parseOptions(name, definition, options));
}

/**
 * A heuristic schedule, step (from 1) → learning rate; options are those of a config's `scheduler` section.
 *
 * @throws UsageError for an unknown name or option, and for a name that is no function of the step alone
 */
export function createScheduler(
  { name, ...options }: { readonly name: string } & Readonly<Record<string, unknown>>,
  run: { readonly baseLr: number; readonly totalSteps: number; readonly stepsPerEpoch: number },
): Schedule {
  const definition = lookUp<SchedulerDefinition>('scheduler', schedulers, name);
  if (definition.kind !== 'schedule') {
    throw new UsageError(`${name} is no function of the step alone; train with it through run().`);
  }
  return definition.create(parseOptions(name, definition, options), run);
}

function lookUp<T>(kind: string, registry: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(registry, name)) return registry[name] as T;
  throw new UsageError(`unknown ${kind} '${name}'; there are: ${Object.keys(registry).join(', ')}.`);
}

function parseOptions(
  name: string,
  definition: Pick<OptimizerDefinition, 'options'>,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result = definition.options.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`,
  );
  throw new UsageError(`${name}: ${problems.join('; ')}`);
}
