import { gelu } from '../../engine/ops/gelu.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { Linear, type LinearOptions } from './linear.js';
import type { Scope } from './scope.js';

/** fc2(GELU(fc1(x))): [..., width] -> [..., hidden] -> [..., width], with timm's names. */
export class Mlp {
  private readonly fc1: Linear;
  private readonly fc2: Linear;

  constructor(builder: ParameterBuilder, width: number, hidden: number, options: LinearOptions = {}) {
    this.fc1 = new Linear(builder.at('fc1'), width, hidden, options);
    this.fc2 = new Linear(builder.at('fc2'), hidden, width, options);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    return this.fc2.forward(scope, gelu(this.fc1.forward(scope, x)));
  }
}
