import { biasAdd } from '../../engine/ops/bias-add.js';
import { matmul } from '../../engine/ops/matmul.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { fanInUniform } from './initializers.js';
import type { Scope } from './scope.js';

export interface PatchEmbedOptions {
  /** Height and width of a patch in pixels. */
  readonly patchSize: number;
  readonly channels: number;
  readonly width: number;
}

/**
 * A convolution whose stride is its kernel's size, as timm's `patch_embed.proj`: every patch times one matrix.
 * [B, H, W, C] -> [B, (H/p)·(W/p), width], patches row by row; H and W are multiples of p.
 */
export class PatchEmbed {
  private readonly weight: Parameter;
  private readonly bias: Parameter;

  constructor(
    builder: ParameterBuilder,
    private readonly options: PatchEmbedOptions,
  ) {
    const { patchSize, channels, width } = options;
    const proj = builder.at('proj');
    const initial = fanInUniform(patchSize * patchSize * channels);
    this.weight = proj.parameter('weight', [patchSize, patchSize, channels, width], initial, 'conv');
    this.bias = proj.parameter('bias', [width], initial);
  }

  forward(scope: Scope, image: Tensor): Tensor {
    const { patchSize: p, channels, width } = this.options;
    const [batch, height, imageWidth] = image.shape as [number, number, number, number];
    const [rows, columns] = [height / p, imageWidth / p];
    const patches = image
      .reshape([batch, rows, p, columns, p * channels]) // (B, H, W, C) -> (B, H/p, p, W/p, p·C)
      .transpose([0, 1, 3, 2, 4])
      .reshape([-1, p * p * channels]); // -> (B·H/p·W/p, p·p·C)
    const kernel = scope.get(this.weight).reshape([-1, width]); // (p, p, C, width) -> (p·p·C, width)
    return biasAdd(matmul(patches, kernel), scope.get(this.bias)).reshape([batch, rows * columns, width]);
  }
}
