import { biasAdd } from '../../engine/ops/bias-add.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { fanInUniform } from './initializers.js';
import type { Scope } from './scope.js';

/** x·W + b: [B, inputs] -> [B, outputs]. */
export class Linear {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(builder: ParameterBuilder, inputs: number, outputs: number) {
    const initial = fanInUniform(inputs);
    this.weight = builder.parameter('weight', [inputs, outputs], initial, 'linear');
    this.bias = builder.parameter('bias', [outputs], initial);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    return biasAdd(x.matMul(scope.get(this.weight)), scope.get(this.bias));
  }
}
