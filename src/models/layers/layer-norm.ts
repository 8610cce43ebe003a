import { layerNorm } from '../../engine/ops/layer-norm.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { ones, zeros } from './initializers.js';
import type { Scope } from './scope.js';

/** Layer normalisation over the last axis of [..., features], any leading axes. */
export class LayerNorm {
  private readonly weight: Parameter;
  private readonly bias: Parameter;

  constructor(
    builder: ParameterBuilder,
    features: number,
    private readonly epsilon: number,
  ) {
    this.weight = builder.parameter('weight', [features], ones);
    this.bias = builder.parameter('bias', [features], zeros);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    return layerNorm(x, scope.get(this.weight), scope.get(this.bias), this.epsilon);
  }
}
