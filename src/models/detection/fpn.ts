import { maxPool } from '../../engine/ops/pooling.js';
import { upsampleNearest } from '../../engine/ops/upsample-nearest.js';
import type { Tensor } from '../../engine/tf.js';
import { BiasedConv2d } from '../layers/biased-conv2d.js';
import type { ParameterBuilder } from '../layers/builder.js';
import { unitVarianceUniform } from '../layers/initializers.js';
import type { Scope } from '../layers/scope.js';

/** Feature pyramid (Lin et al. 2017, arXiv:1612.03144) with torchvision's names: `inner_blocks`, `layer_blocks`. */
export class FeaturePyramid {
  private readonly inner: readonly BiasedConv2d[];
  private readonly outer: readonly BiasedConv2d[];

  constructor(
    builder: ParameterBuilder,
    channels: readonly number[],
    readonly outputs: number,
  ) {
    const conv = (part: string, i: number, inputs: number, size: number) =>
      new BiasedConv2d(builder.at(part).at(i).at(0), {
        ...{ inputs, outputs, size },
        initialWeight: unitVarianceUniform(size * size * inputs),
      });
    this.inner = channels.map((inputs, i) => conv('inner_blocks', i, inputs, 1));
    this.outer = channels.map((_, i) => conv('layer_blocks', i, outputs, 3));
  }

  /**
   * Features of the backbone, finest first -> as many of `outputs` channels at the same sizes, and a last one: every
   * second pixel of the coarsest (torchvision's LastLevelMaxPool), for proposals alone.
   */
  forward(scope: Scope, features: readonly Tensor[]): Tensor[] {
    const lateral = features.map((x, i) => this.inner[i]!.forward(scope, x));
    for (let i = lateral.length - 2; i >= 0; i--) {
      const [, height, width] = lateral[i]!.shape as [number, number, number, number];
      lateral[i] = lateral[i]!.add(upsampleNearest(lateral[i + 1]!, height, width));
    }
    const pyramid = lateral.map((x, i) => this.outer[i]!.forward(scope, x));
    return [...pyramid, maxPool(pyramid.at(-1)!, 1, 2)];
  }
}
