import { type ConvPadding, conv2d } from '../../engine/ops/conv2d.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { fanInUniform, kaimingNormal } from './initializers.js';
import type { Scope } from './scope.js';

export interface Conv2dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Height and width of the kernel. */
  readonly size: number;
  readonly stride?: number;
  /** `(size − 1) / 2` on every side unless given. */
  readonly padding?: ConvPadding;
}

/** Convolution without bias: [B, H, W, inputs] -> [B, H', W', outputs], H' = ⌊(H + 2·padding − size) / stride⌋ + 1. */
export class Conv2d {
  private readonly weight: Parameter;

  constructor(
    builder: ParameterBuilder,
    private readonly options: Conv2dOptions,
  ) {
    const { inputs, outputs, size } = options;
    const initial =
      builder.initialisation === 'timm'
        ? kaimingNormal(size * size * outputs)
        : fanInUniform(size * size * inputs);
    this.weight = builder.parameter('weight', [size, size, inputs, outputs], initial, 'conv');
  }

  /** @param outputScale [outputs], multiplies every output channel */
  forward(scope: Scope, x: Tensor, outputScale?: Tensor): Tensor {
    const { size, stride = 1, padding = (size - 1) / 2 } = this.options;
    const weight = scope.get(this.weight);
    return conv2d(x, outputScale ? weight.mul(outputScale) : weight, stride, padding);
  }
}
