import { biasAdd } from '../../engine/ops/bias-add.js';
import { matmul } from '../../engine/ops/matmul.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { Initializer, ParameterBuilder } from './builder.js';
import { fanInUniform } from './initializers.js';
import type { Scope } from './scope.js';

export interface LinearOptions {
  /** `fanInUniform(inputs)` unless given, as PyTorch's. */
  readonly initialWeight?: Initializer;
  readonly initialBias?: Initializer;
}

/** x·W + b over the last axis: [..., inputs] -> [..., outputs]. */
export class Linear {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(
    builder: ParameterBuilder,
    private readonly inputs: number,
    private readonly outputs: number,
    options: LinearOptions = {},
  ) {
    const { initialWeight = fanInUniform(inputs), initialBias = fanInUniform(inputs) } = options;
    this.weight = builder.parameter('weight', [inputs, outputs], initialWeight, 'linear');
    this.bias = builder.parameter('bias', [outputs], initialBias);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    const rows = x.reshape([-1, this.inputs]); // (..., inputs) -> (R, inputs)
    const y = biasAdd(matmul(rows, scope.get(this.weight)), scope.get(this.bias));
    return y.reshape([...x.shape.slice(0, -1), this.outputs]);
  }
}
