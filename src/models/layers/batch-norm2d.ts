import { batchNorm } from '../../engine/ops/batch-norm.js';
import type { Parameter } from '../../engine/parameters.js';
import { floatTensor } from '../../engine/raw.js';
import type { Tensor } from '../../engine/tf.js';
import type { Initializer, ParameterBuilder } from './builder.js';
import { constant, ones, zeros } from './initializers.js';
import type { Scope } from './scope.js';

/** PyTorch's defaults. */
const DEFAULT_EPSILON = 1e-5;
const MOMENTUM = 0.1;

export interface BatchNormOptions {
  /** Of γ; 0 makes a residual branch start as nothing. */
  readonly initialScale?: number | Initializer;
  readonly epsilon?: number;
}

/**
 * Batch normalisation over the last axis of [B, H, W, channels]. In training it uses the batch's statistics and moves
 * the running ones: new = (1 − 0.1)·old + 0.1·batch, with the unbiased variance, as PyTorch does.
 */
export class BatchNorm2d {
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly runningMean: Parameter;
  private readonly runningVariance: Parameter;

  private readonly epsilon: number;

  constructor(builder: ParameterBuilder, channels: number, options: BatchNormOptions = {}) {
    this.epsilon = options.epsilon ?? DEFAULT_EPSILON;
    const { initialScale = 1 } = options;
    const initial = typeof initialScale === 'number' ? constant(initialScale) : initialScale;
    this.weight = builder.parameter('weight', [channels], initial);
    this.bias = builder.parameter('bias', [channels], zeros);
    this.runningMean = builder.statistic('running_mean', [channels], zeros);
    this.runningVariance = builder.statistic('running_var', [channels], ones);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    const { y, mean, variance } = batchNorm(
      x,
      scope.get(this.weight),
      scope.get(this.bias),
      scope.get(this.runningMean),
      scope.get(this.runningVariance),
      { epsilon: this.epsilon, training: scope.training },
    );
    if (scope.training) {
      this.move(scope, this.runningMean, mean);
      this.move(scope, this.runningVariance, variance);
    }
    return y;
  }

  private move(scope: Scope, running: Parameter, batch: Tensor): void {
    scope.update(running, (current) =>
      current.mul(floatTensor(1 - MOMENTUM)).add(batch.mul(floatTensor(MOMENTUM))),
    );
  }
}
