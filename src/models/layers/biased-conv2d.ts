import { biasAdd } from '../../engine/ops/bias-add.js';
import { conv2d } from '../../engine/ops/conv2d.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { Initializer, ParameterBuilder } from './builder.js';
import { zeros } from './initializers.js';
import type { Scope } from './scope.js';

export interface BiasedConv2dOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Height and width of the kernel, odd. */
  readonly size: number;
  readonly initialWeight: Initializer;
  /** Zeros unless given. */
  readonly initialBias?: Initializer;
}

/** Convolution with bias that keeps height and width: [B, H, W, inputs] -> [B, H, W, outputs]. */
export class BiasedConv2d {
  readonly weight: Parameter;
  readonly bias: Parameter;
  private readonly padding: number;

  constructor(builder: ParameterBuilder, options: BiasedConv2dOptions) {
    const { inputs, outputs, size, initialWeight, initialBias = zeros } = options;
    this.weight = builder.parameter('weight', [size, size, inputs, outputs], initialWeight, 'conv');
    this.bias = builder.parameter('bias', [outputs], initialBias);
    this.padding = (size - 1) / 2;
  }

  forward(scope: Scope, x: Tensor): Tensor {
    return biasAdd(conv2d(x, scope.get(this.weight), 1, this.padding), scope.get(this.bias));
  }
}
