import { biasAdd } from '../../engine/ops/bias-add.js';
import type { Tensor } from '../../engine/tf.js';
import { BatchNorm2d } from '../layers/batch-norm2d.js';
import type { ParameterBuilder } from '../layers/builder.js';
import { Conv2d, type Conv2dOptions } from '../layers/conv2d.js';
import { FrozenBatchNorm2d } from '../layers/frozen-batch-norm2d.js';
import type { Scope } from '../layers/scope.js';

/** How a backbone normalises: with fixed statistics, as pretrained detectors do, or with the batch's. */
export interface NormOptions {
  readonly kind: 'frozen' | 'batch';
  readonly epsilon: number;
}

/** Names of the two parts, e.g. `conv1` and `bn1`. */
type Names = readonly [conv: string | number, norm: string | number];

/** Convolution without bias, then normalisation: [B, H, W, inputs] -> [B, H', W', outputs]. */
export class ConvNorm {
  private readonly conv: Conv2d;
  private readonly norm: BatchNorm2d | FrozenBatchNorm2d;

  constructor(
    builder: ParameterBuilder,
    [conv, norm]: Names,
    options: Conv2dOptions,
    { kind, epsilon }: NormOptions,
  ) {
    this.conv = new Conv2d(builder.at(conv), options);
    const part = builder.at(norm);
    this.norm =
      kind === 'frozen'
        ? new FrozenBatchNorm2d(part, options.outputs, epsilon)
        : new BatchNorm2d(part, options.outputs, { epsilon });
  }

  forward(scope: Scope, x: Tensor): Tensor {
    if (this.norm instanceof BatchNorm2d) return this.norm.forward(scope, this.conv.forward(scope, x));
    const { scale, offset } = this.norm.affine(scope);
    return biasAdd(this.conv.forward(scope, x, scale), offset);
  }
}
