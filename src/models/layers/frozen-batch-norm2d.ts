import type { Parameter } from '../../engine/parameters.js';
import { floatTensor } from '../../engine/raw.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { ones, zeros } from './initializers.js';
import type { Scope } from './scope.js';

/**
 * BatchNorm whose statistics and affine parameters are fixed (torchvision's FrozenBatchNorm2d): x·scale + offset. A
 * convolution before it takes the scale into its kernel, so that no pass over the images is spent on it.
 */
export class FrozenBatchNorm2d {
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly mean: Parameter;
  private readonly variance: Parameter;

  constructor(
    builder: ParameterBuilder,
    channels: number,
    private readonly epsilon: number,
  ) {
    this.weight = builder.parameter('weight', [channels], ones);
    this.bias = builder.parameter('bias', [channels], zeros);
    this.mean = builder.parameter('running_mean', [channels], zeros);
    this.variance = builder.parameter('running_var', [channels], ones);
    for (const parameter of [this.weight, this.bias, this.mean, this.variance]) parameter.trainable = false;
  }

  /** scale = γ / √(σ² + ε) and offset = β − μ·scale, [channels] each. */
  affine(scope: Scope): { readonly scale: Tensor; readonly offset: Tensor } {
    const deviation = scope.get(this.variance).add(floatTensor(this.epsilon)).sqrt();
    const scale = scope.get(this.weight).div(deviation);
    return { scale, offset: scope.get(this.bias).sub(scope.get(this.mean).mul(scale)) };
  }
}
