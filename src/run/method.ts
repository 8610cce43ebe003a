import type { HostBatch } from '../data/types.js';
import { disposeAll } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import type { ParabolaWithErrors } from '../gen/fit.js';
import { mean } from '../gen/fit.js';
import type { ProbeStatus } from '../gen/rate.js';
import type { Optimizer, OptimizerState } from '../optimizers/types.js';
import type { Schedule } from '../schedulers/types.js';
import { type ExampleResults, type GradientResult, type Objective, stepSeed } from './objective.js';

/** What a training step is given. */
export interface StepContext {
  /** From 1 to `totalSteps`. */
  readonly step: number;
  readonly totalSteps: number;
  /** Seed of the run. */
  readonly seed: number;
  readonly batch: HostBatch;
  /** The batch of the following step; looking at it consumes nothing. */
  nextBatch(): Promise<HostBatch>;
}

/** A probe as metrics.csv shows it. */
export interface ProbeRecord extends Partial<ParabolaWithErrors> {
  readonly status: ProbeStatus | 'search';
  /** Mean losses at w − ηg, w and w + ηg, where the probe took them. */
  readonly lossMinus?: number;
  readonly lossZero?: number;
  readonly lossPlus?: number;
}

/** What a training step did. Times in milliseconds, passes in logical batches. */
export interface StepOutcome {
  /** Mean loss over the batch at the weights before the step. */
  readonly loss: number;
  /** Mean of every score over the batch; undefined where it does not apply. */
  readonly scores: Readonly<Record<string, number | undefined>>;
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly effectiveLearningRate: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  readonly trainMs: number;
  readonly probeMs: number;
  /** Waiting for the probe's batch. */
  readonly dataMs: number;
  readonly probe?: ProbeRecord;
}

/** A way to train: base optimizer and learning rate together. */
export interface Method {
  step(context: StepContext): Promise<StepOutcome>;
  /** For checkpoints; the caller disposes the tensors. */
  state(): OptimizerState;
  restore(state: OptimizerState): void;
  /** Weights to evaluate instead of the current ones; the caller disposes them. */
  averagedParameters(): Tensor[] | undefined;
  dispose(): void;
}

/** A base optimizer under a heuristic schedule, or a parameter-free method under a constant factor. */
export class ScheduledMethod implements Method {
  constructor(
    private readonly objective: Objective,
    private readonly optimizer: Optimizer,
    private readonly schedule: Schedule,
  ) {}

  async step({ step, seed, batch }: StepContext): Promise<StepOutcome> {
    const started = performance.now();
    const gradient = this.objective.gradient(batch, stepSeed(seed, step));
    const learningRate = this.schedule(step);
    this.optimizer.step(gradient.gradients, learningRate);
    disposeAll(gradient.gradients);
    return {
      ...batchMeans(gradient),
      learningRate,
      effectiveLearningRate: this.optimizer.effectiveLearningRate?.() ?? learningRate,
      forwardPasses: 1,
      backwardPasses: 1,
      trainMs: performance.now() - started,
      probeMs: 0,
      dataMs: 0,
    };
  }

  state(): OptimizerState {
    return this.optimizer.state();
  }

  restore(state: OptimizerState): void {
    this.optimizer.restore(state);
  }

  averagedParameters(): Tensor[] | undefined {
    return this.optimizer.averagedParameters?.();
  }

  dispose(): void {
    this.optimizer.dispose();
  }
}

/** The columns of a step that come straight from its gradient. */
export function batchMeans(gradient: GradientResult): Pick<StepOutcome, 'loss' | 'scores' | 'gradNorm'> {
  return { loss: mean(gradient.losses), scores: meanScores(gradient), gradNorm: gradient.gradNorm };
}

function meanScores({ scores }: Pick<ExampleResults, 'scores'>): Record<string, number> {
  return Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, mean(values)]));
}
