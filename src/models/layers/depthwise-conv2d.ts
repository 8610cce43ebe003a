import type { ConvPadding } from '../../engine/ops/conv2d.js';
import { depthwiseConv2d } from '../../engine/ops/depthwise-conv2d.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { kaimingNormal } from './initializers.js';
import type { Scope } from './scope.js';

export interface DepthwiseConv2dOptions {
  readonly channels: number;
  /** Height and width of the kernels. */
  readonly size: number;
  readonly stride?: number;
  /** `(size − 1) / 2` on every side unless given. */
  readonly padding?: ConvPadding;
}

/** Convolution of every channel with its own kernel, without bias: [B, H, W, C] -> [B, H', W', C]. */
export class DepthwiseConv2d {
  private readonly weight: Parameter;

  constructor(
    builder: ParameterBuilder,
    private readonly options: DepthwiseConv2dOptions,
  ) {
    const { channels, size } = options;
    const initial = kaimingNormal(size * size); // of a group, as timm's `fix_group_fanout`
    this.weight = builder.parameter('weight', [size, size, 1, channels], initial, 'conv');
  }

  forward(scope: Scope, x: Tensor): Tensor {
    const { channels, size, stride = 1, padding = (size - 1) / 2 } = this.options;
    const kernel = scope.get(this.weight).reshape([size, size, channels, 1]); // (k, k, 1, C) -> (k, k, C, 1)
    return depthwiseConv2d(x, kernel, stride, padding);
  }
}
