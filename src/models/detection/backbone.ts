import { maxPool } from '../../engine/ops/pooling.js';
import { relu } from '../../engine/ops/relu.js';
import type { Tensor } from '../../engine/tf.js';
import type { ParameterBuilder } from '../layers/builder.js';
import type { Scope } from '../layers/scope.js';
import { ConvNorm, type NormOptions } from './conv-norm.js';

/*
 * Residual networks as backbones (He et al. 2016, arXiv:1512.03385), with torchvision's names and initial distributions:
 * the "v1.5", with the stride of a bottleneck in its 3×3 convolution.
 */

export interface BackboneOptions {
  readonly block: 'basic' | 'bottleneck';
  /** Blocks of each of the four stages. */
  readonly depths: readonly [number, number, number, number];
  /** Channels of the first stage's 3×3 convolutions; every stage doubles them. */
  readonly width: number;
  readonly norm: NormOptions;
  /** Parts that are trained, of five, from the last stage to the stem. */
  readonly trainableLayers: number;
}

const EXPANSION = { basic: 1, bottleneck: 4 } as const;

/** Residual block: [B, H, W, inputs] -> [B, H/stride, W/stride, expansion·width]. */
class Block {
  private readonly layers: readonly ConvNorm[];
  private readonly downsample: ConvNorm | undefined;

  constructor(
    builder: ParameterBuilder,
    { block, norm }: BackboneOptions,
    inputs: number,
    width: number,
    stride: number,
  ) {
    const outputs = width * EXPANSION[block];
    const convolutions =
      block === 'basic'
        ? [
            { inputs, outputs: width, size: 3, stride },
            { inputs: width, outputs: width, size: 3 },
          ]
        : [
            { inputs, outputs: width, size: 1 },
            { inputs: width, outputs: width, size: 3, stride },
            { inputs: width, outputs, size: 1 },
          ];
    this.layers = convolutions.map(
      (options, i) => new ConvNorm(builder, [`conv${i + 1}`, `bn${i + 1}`], options, norm),
    );
    if (stride !== 1 || inputs !== outputs) {
      const options = { inputs, outputs, size: 1, stride };
      this.downsample = new ConvNorm(builder.at('downsample'), [0, 1], options, norm);
    }
  }

  forward(scope: Scope, x: Tensor): Tensor {
    let y = x;
    this.layers.forEach((layer, i) => {
      if (i > 0) y = relu(y);
      y = layer.forward(scope, y);
    });
    return relu(y.add(this.downsample?.forward(scope, x) ?? x));
  }
}

export class Backbone {
  /** Channels of the four stages. */
  readonly channels: readonly number[];
  private readonly stem: ConvNorm;
  private readonly stages: readonly (readonly Block[])[];

  constructor(builder: ParameterBuilder, options: BackboneOptions) {
    const { block, depths, width, norm, trainableLayers } = options;
    const first = builder.parameters.length;
    this.stem = new ConvNorm(
      builder,
      ['conv1', 'bn1'],
      { inputs: 3, outputs: width, size: 7, stride: 2 },
      norm,
    );
    this.channels = depths.map((_, stage) => width * 2 ** stage * EXPANSION[block]);
    let inputs = width;
    this.stages = depths.map((depth, stage) =>
      Array.from({ length: depth }, (_, i) => {
        const part = builder.at(`layer${stage + 1}`).at(i);
        const stride = stage > 0 && i === 0 ? 2 : 1;
        const made = new Block(part, options, inputs, width * 2 ** stage, stride);
        inputs = this.channels[stage]!;
        return made;
      }),
    );
    freeze(builder, first, trainableLayers);
  }

  /** Images [B, H, W, 3] -> the four stages' features, [B, H/4, W/4, ·] to [B, H/32, W/32, ·]. */
  forward(scope: Scope, image: Tensor): Tensor[] {
    let x = maxPool(relu(this.stem.forward(scope, image)), 3, 2, 1);
    return this.stages.map((blocks) => {
      for (const block of blocks) x = block.forward(scope, x);
      return x;
    });
  }
}

/** torchvision's `trainable_layers`: what lies before the last `count` of the five parts is not trained. */
function freeze(builder: ParameterBuilder, first: number, count: number): void {
  const trained = ['layer4', 'layer3', 'layer2', 'layer1', 'conv1'].slice(0, count);
  if (count === 5) trained.push('bn1');
  const prefix = builder.path;
  for (const parameter of builder.parameters.slice(first)) {
    if (!trained.some((part) => parameter.name.startsWith(`${prefix}${part}.`))) parameter.trainable = false;
  }
}
