/**
 * What the schema of one key cannot see: keys that must fit each other. Each check looks only at values that are valid
 * by themselves, so one mistake is reported once and all mistakes at once.
 */
import { type GenOptions, type GenOptionsInput, resolveGenOptions } from '../gen/options.js';
import { schedulers } from '../schedulers/registry.js';
import type { SchedulerDefinition } from '../schedulers/types.js';
import { warmupLength } from '../schedulers/warmup.js';
import type { Problem } from './problems.js';
import type { ConfigSchema } from './schema.js';
import { type ConfigMap, nodeAt, originAt, toPlain } from './tree.js';

class Checker {
  readonly problems: Problem[] = [];

  constructor(
    private readonly root: ConfigMap,
    private readonly schema: ConfigSchema,
  ) {}

  /** The valid value of `section.key`, its default where absent; undefined where it is not valid or not known. */
  value(section: string, key: string): unknown {
    const keySchema = this.schema.sections[section]?.shape[key];
    if (!keySchema) return undefined;
    const node = nodeAt(this.root, [section, key]);
    const parsed = (
      keySchema as { safeParse(input: unknown): { success: boolean; data?: unknown } }
    ).safeParse(node && toPlain(node));
    return parsed.success ? parsed.data : undefined;
  }

  number(section: string, key: string): number | undefined {
    const value = this.value(section, key);
    return typeof value === 'number' ? value : undefined;
  }

  given(section: string, key: string): boolean {
    return nodeAt(this.root, [section, key]) !== undefined;
  }

  report(section: string, key: string, message: string, severity: Problem['severity'] = 'error'): void {
    const path = [section, key];
    this.problems.push({ origin: originAt(this.root, path), key: path.join('.'), message, severity });
  }
}

/** Every problem between keys of a raw config. */
export function crossChecks(root: ConfigMap, schema: ConfigSchema): Problem[] {
  const checker = new Checker(root, schema);
  const task = root.entries.get('task')?.node;
  const synthetic = task?.kind === 'scalar' && task.value === 'synthetic';
  checkTrain(checker, synthetic);
  checkTextLength(checker);
  checkSchedule(checker);
  checkAdaptive(checker);
  if (task?.kind === 'scalar' && task.value === 'gan' && checker.given('logging', 'landscape')) {
    checker.report(
      'logging',
      'landscape',
      'two networks move at once in the task gan, so there is no one line; leave it out',
    );
  }
  if (checker.value('scheduler', 'name') === 'gen') checkGen(checker, synthetic);
  return checker.problems;
}

function checkTrain(checker: Checker, synthetic: boolean): void {
  const hasEpochs = checker.given('train', 'epochs');
  const hasSteps = checker.given('train', 'steps');
  if (synthetic && hasEpochs) {
    checker.report('train', 'epochs', 'the synthetic task has no data and no epochs; give train.steps');
  } else if (hasEpochs && hasSteps) {
    checker.report('train', 'steps', 'epochs is given too; keep one of epochs and steps');
  } else if (!hasEpochs && !hasSteps) {
    const what = synthetic ? 'steps, the number of iterations' : 'epochs or steps';
    checker.report('train', synthetic ? 'steps' : 'epochs', `how long to train is missing; give ${what}`);
  }
  const batch = checker.number('train', 'batch_size');
  const micro = checker.number('train', 'micro_batch_size');
  if (batch !== undefined && micro !== undefined && batch % micro !== 0) {
    checker.report('train', 'micro_batch_size', `must divide batch_size ${batch}; found ${micro}`);
  }
}

function checkTextLength(checker: Checker): void {
  const positions = checker.number('model', 'positions');
  const length = checker.number('dataset', 'max_length');
  if (positions !== undefined && length !== undefined && length > positions) {
    checker.report('dataset', 'max_length', `must not exceed model.positions ${positions}; found ${length}`);
  }
}

function checkSchedule(checker: Checker): void {
  const lr = checker.number('optimizer', 'lr');
  for (const key of ['min_lr', 'warmup_start_lr']) {
    const value = checker.number('scheduler', key);
    if (lr !== undefined && value !== undefined && value > lr) {
      checker.report('scheduler', key, `must not exceed optimizer.lr ${lr}; found ${value}`);
    }
  }
  const milestones = checker.value('scheduler', 'milestones') as readonly number[] | undefined;
  if (milestones?.some((value, index) => index > 0 && value <= (milestones[index - 1] as number))) {
    checker.report('scheduler', 'milestones', `must increase; found [${milestones.join(', ')}]`);
  }
  checkWarmup(checker);
}

function checkWarmup(checker: Checker): void {
  const steps = checker.value('scheduler', 'warmup_steps') as number | null | undefined;
  const ratio = checker.value('scheduler', 'warmup_ratio') as number | null | undefined;
  if (steps === undefined || ratio === undefined) return;
  if (steps !== null && ratio !== null) {
    checker.report('scheduler', 'warmup_ratio', 'warmup_steps is given too; keep one of the two');
    return;
  }
  const total = checker.number('train', 'steps');
  if (total === undefined) return;
  const length = warmupLength({ warmup_steps: steps, warmup_ratio: ratio }, total);
  if (length >= total) {
    checker.report('scheduler', 'warmup_steps', `must be below train.steps ${total}; found ${length}`);
  }
}

function checkAdaptive(checker: Checker): void {
  const scheduler = checker.value('scheduler', 'name') as string | undefined;
  const optimizer = checker.value('optimizer', 'name') as string | undefined;
  if (scheduler === undefined || optimizer === undefined) return;
  const definition = (schedulers as Readonly<Record<string, SchedulerDefinition>>)[scheduler];
  if (definition?.kind === 'adaptive' && !definition.bases.includes(optimizer)) {
    checker.report(
      'scheduler',
      'name',
      `${scheduler} works over optimizer ${definition.bases.join(' or ')}; found ${optimizer}`,
    );
  }
}

function checkGen(checker: Checker, synthetic: boolean): void {
  const preset = checker.value('scheduler', 'preset') as GenOptionsInput['preset'];
  if (preset === undefined) return;
  const keys = ['lr0', 'phi', 'gamma', 'points', 'probe_batch', 'fit', 'clip', 'min_r2', 'min_z', 'decay'];
  const input = Object.fromEntries(keys.map((key) => [key, checker.value('scheduler', key)]));
  const options = resolveGenOptions({ preset, ...input } as GenOptionsInput);

  checkPoints(checker, options);
  if (options.fit === 'one-sided' && options.probe_batch !== 'same') {
    checker.report(
      'scheduler',
      checker.given('scheduler', 'fit') ? 'fit' : 'probe_batch',
      `one-sided needs probe_batch: same (its slope is that of the gradient's batch); found ${options.probe_batch}`,
    );
  }
  const presetMinR2 = resolveGenOptions({ preset }).min_r2;
  if (options.min_r2 !== null && options.min_r2 !== presetMinR2 && options.points.length === 3) {
    checker.report(
      'scheduler',
      'min_r2',
      'has no effect with three points: a parabola meets them exactly',
      'warning',
    );
  }
  if (options.lr0 === null && checker.number('optimizer', 'lr') === 0) {
    checker.report(
      'optimizer',
      'lr',
      'gen starts from it and needs a number > 0 (or scheduler.lr0); found 0',
    );
  }
  const batch = checker.number('train', 'batch_size');
  if (options.min_z !== null && (synthetic || batch === 1)) {
    checker.report(
      'scheduler',
      'min_z',
      'needs standard errors, that is at least two examples a batch; set null',
    );
  }
  if (options.probe_batch === 'split' && (synthetic || batch === 1)) {
    checker.report('scheduler', 'probe_batch', 'split needs at least two examples a batch; use same or next');
  }
  const steps = checker.number('train', 'steps');
  if (steps !== undefined && options.phi > steps) {
    checker.report(
      'scheduler',
      'phi',
      `no probe in ${steps} steps: the learning rate will not change`,
      'warning',
    );
  }
}

function checkPoints(checker: Checker, { points, fit }: GenOptions): void {
  const found = `found [${points.join(', ')}]`;
  const needed = fit === 'one-sided' ? 2 : 3;
  if (!points.includes(0)) {
    checker.report('scheduler', 'points', `must contain 0, the weights as they are; ${found}`);
  } else if (new Set(points).size !== points.length) {
    checker.report('scheduler', 'points', `must differ from each other; ${found}`);
  } else if (points.length < needed) {
    checker.report('scheduler', 'points', `fit ${fit} needs at least ${needed} points; ${found}`);
  }
}
