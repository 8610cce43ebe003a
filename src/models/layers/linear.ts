import { biasAdd } from '../../engine/ops/bias-add.js';
import { matmul } from '../../engine/ops/matmul.js';
import type { Parameter, WeightLayout } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { Initializer, ParameterBuilder } from './builder.js';
import { fanInUniform } from './initializers.js';
import type { Lora } from './lora.js';
import type { Scope } from './scope.js';

export interface LinearOptions {
  /** `fanInUniform(inputs)` unless given, as PyTorch's. */
  readonly initialWeight?: Initializer;
  readonly initialBias?: Initializer;
  /** `same` where published weights are [inputs, outputs] (GPT-2's `Conv1D`); `linear`, their transpose, unless given. */
  readonly layout?: WeightLayout;
  /** Names of the equal slices of the outputs, where several projections are one layer: `['q', 'k', 'v']`. */
  readonly parts?: readonly string[];
}

/** x·W + b over the last axis: [..., inputs] -> [..., outputs]. */
export class Linear {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly parts: readonly string[];
  /** A low-rank update that is added to the output. */
  lora: Lora | undefined;

  constructor(
    builder: ParameterBuilder,
    readonly inputs: number,
    readonly outputs: number,
    options: LinearOptions = {},
  ) {
    const {
      initialWeight = fanInUniform(inputs),
      initialBias = fanInUniform(inputs),
      layout = 'linear',
      parts = [],
    } = options;
    this.weight = builder.parameter('weight', [inputs, outputs], initialWeight, layout);
    this.bias = builder.parameter('bias', [outputs], initialBias);
    this.parts = parts;
    builder.registerLinear(this);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    const rows = x.reshape([-1, this.inputs]); // (..., inputs) -> (R, inputs)
    let y = biasAdd(matmul(rows, scope.get(this.weight)), scope.get(this.bias));
    if (this.lora) y = y.add(this.lora.forward(scope, rows));
    return y.reshape([...x.shape.slice(0, -1), this.outputs]);
  }
}
