import type { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import type { Optimizer } from '../optimizers/types.js';

/** Learning rate of a step, counted from 1 to `totalSteps`. Pure. */
export type Schedule = (step: number) => number;

interface DefinitionBase<Options extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  /** zod schema of the options beside `name`. */
  readonly options: Options;
}

/** A heuristic schedule: η is a function of the step alone. */
export interface ScheduleDefinition<Options extends z.ZodObject = z.ZodObject>
  extends DefinitionBase<Options> {
  readonly kind: 'schedule';
  create(
    options: z.infer<Options>,
    run: { baseLr: number; totalSteps: number; stepsPerEpoch: number },
  ): Schedule;
}

/** GeN: η comes from the loss along the update (src/gen). */
export interface GenDefinition<Options extends z.ZodObject = z.ZodObject> extends DefinitionBase<Options> {
  readonly kind: 'gen';
}

/** A parameter-free method that brings its own update (Prodigy, D-Adaptation, DoG, DoWG) over a base optimizer. */
export interface AdaptiveDefinition<Options extends z.ZodObject = z.ZodObject>
  extends DefinitionBase<Options> {
  readonly kind: 'adaptive';
  /** Names of the base optimizers it can stand on. */
  readonly bases: readonly string[];
  /** How many numbers it keeps from step to step for each trained one, over the base optimizer of that name. */
  stateSize(base: string, options: z.infer<Options>): number;
  /** `base` is the validated `optimizer` section of the config. */
  create(
    parameters: readonly Parameter[],
    base: { readonly name: string } & Readonly<Record<string, unknown>>,
    options: z.infer<Options>,
  ): Optimizer;
}

export type SchedulerDefinition = ScheduleDefinition | GenDefinition | AdaptiveDefinition;
