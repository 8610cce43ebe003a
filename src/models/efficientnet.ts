import { z } from 'zod';
import type { ConvPadding } from '../engine/ops/conv2d.js';
import { globalAvgPool } from '../engine/ops/pooling.js';
import { relu6 } from '../engine/ops/relu6.js';
import type { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { timmWeights } from './efficientnet-weights.js';
import { BatchNorm2d } from './layers/batch-norm2d.js';
import { ParameterBuilder } from './layers/builder.js';
import { Conv2d } from './layers/conv2d.js';
import { DepthwiseConv2d } from './layers/depthwise-conv2d.js';
import { fanInUniform, zeros } from './layers/initializers.js';
import { Linear } from './layers/linear.js';
import type { Scope } from './layers/scope.js';
import { defineModel, type Model, type ModelContext } from './types.js';
import type { WeightSource } from './weights.js';

/*
 * EfficientNet-Lite0: EfficientNet (Tan & Le 2019, arXiv:1905.11946) without squeeze-and-excitation and with ReLU6, as
 * TensorFlow published it in 2020 for mobile processors. Names, shapes and initial distributions are timm's, which has
 * it twice: `efficientnet_lite0` pads convolutions alike on both sides and has PyTorch's epsilon,
 * `tf_efficientnet_lite0` has TensorFlow's SAME padding and epsilon, as the published weights were trained. Those want
 * images of 224 pixels, scaled to [−1, 1] (mean 0.5, standard deviation 0.5; originally (byte − 127) / 128), of which
 * the central 87.5 % were evaluated.
 */

interface Variant {
  readonly name: string;
  /** Of convolutions larger than 1×1; undefined: (size − 1) / 2 on both sides. */
  readonly padding: ConvPadding | undefined;
  /** Of BatchNorm. */
  readonly epsilon: number;
}

interface Stage {
  readonly repeats: number;
  /** Height and width of the depthwise kernels. */
  readonly size: number;
  /** Of the first block. */
  readonly stride: number;
  readonly outputs: number;
}

/** The first stage's block has no expansion, the others' widens six times. */
const STAGES: readonly Stage[] = [
  { repeats: 1, size: 3, stride: 1, outputs: 16 },
  { repeats: 2, size: 3, stride: 2, outputs: 24 },
  { repeats: 2, size: 5, stride: 2, outputs: 40 },
  { repeats: 3, size: 3, stride: 2, outputs: 80 },
  { repeats: 3, size: 5, stride: 1, outputs: 112 },
  { repeats: 4, size: 5, stride: 2, outputs: 192 },
  { repeats: 1, size: 3, stride: 1, outputs: 320 },
];
const STEM = 32;
const FEATURES = 1280;
const EXPANSION = 6;

interface BlockShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
  readonly stride: number;
}

/** Depthwise and 1×1 convolution: [B, H, W, inputs] -> [B, H/stride, W/stride, outputs]. */
class DepthwiseSeparable {
  private readonly convDw: DepthwiseConv2d;
  private readonly bn1: BatchNorm2d;
  private readonly convPw: Conv2d;
  private readonly bn2: BatchNorm2d;

  constructor(builder: ParameterBuilder, { inputs, outputs, size, stride }: BlockShape, variant: Variant) {
    const { padding, epsilon } = variant;
    this.convDw = new DepthwiseConv2d(builder.at('conv_dw'), { channels: inputs, size, stride, padding });
    this.bn1 = new BatchNorm2d(builder.at('bn1'), inputs, { epsilon });
    this.convPw = new Conv2d(builder.at('conv_pw'), { inputs, outputs, size: 1 });
    this.bn2 = new BatchNorm2d(builder.at('bn2'), outputs, { epsilon });
  }

  forward(scope: Scope, x: Tensor): Tensor {
    const y = relu6(this.bn1.forward(scope, this.convDw.forward(scope, x)));
    return this.bn2.forward(scope, this.convPw.forward(scope, y));
  }
}

/** 1×1, depthwise and 1×1 convolution, around a wider middle: [B, H, W, inputs] -> [B, H/stride, W/stride, outputs]. */
class InvertedResidual {
  private readonly convPw: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly convDw: DepthwiseConv2d;
  private readonly bn2: BatchNorm2d;
  private readonly convPwl: Conv2d;
  private readonly bn3: BatchNorm2d;
  private readonly shortcut: boolean;

  constructor(builder: ParameterBuilder, { inputs, outputs, size, stride }: BlockShape, variant: Variant) {
    const { padding, epsilon } = variant;
    const middle = inputs * EXPANSION;
    this.convPw = new Conv2d(builder.at('conv_pw'), { inputs, outputs: middle, size: 1 });
    this.bn1 = new BatchNorm2d(builder.at('bn1'), middle, { epsilon });
    this.convDw = new DepthwiseConv2d(builder.at('conv_dw'), { channels: middle, size, stride, padding });
    this.bn2 = new BatchNorm2d(builder.at('bn2'), middle, { epsilon });
    this.convPwl = new Conv2d(builder.at('conv_pwl'), { inputs: middle, outputs, size: 1 });
    this.bn3 = new BatchNorm2d(builder.at('bn3'), outputs, { epsilon });
    this.shortcut = stride === 1 && inputs === outputs;
  }

  forward(scope: Scope, x: Tensor): Tensor {
    let y = relu6(this.bn1.forward(scope, this.convPw.forward(scope, x)));
    y = relu6(this.bn2.forward(scope, this.convDw.forward(scope, y)));
    y = this.bn3.forward(scope, this.convPwl.forward(scope, y));
    return this.shortcut ? y.add(x) : y;
  }
}

class EfficientNetLite implements Model {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[];
  readonly head: readonly Parameter[];
  private readonly convStem: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly blocks: readonly (DepthwiseSeparable | InvertedResidual)[];
  private readonly convHead: Conv2d;
  private readonly bn2: BatchNorm2d;
  private readonly classifier: Linear;

  constructor(
    private readonly variant: Variant,
    context: ModelContext,
  ) {
    const { name, epsilon, padding } = variant;
    const { seed, numClasses, imageShape } = context;
    if (numClasses === undefined || !imageShape) {
      throw new UsageError(`model ${name} classifies images: its dataset must have images and classes.`);
    }
    const builder = new ParameterBuilder(seed);
    const stem = { inputs: imageShape[2], outputs: STEM, size: 3, stride: 2, padding };
    this.name = name;
    this.convStem = new Conv2d(builder.at('conv_stem'), stem);
    this.bn1 = new BatchNorm2d(builder.at('bn1'), STEM, { epsilon });
    let inputs = STEM;
    this.blocks = STAGES.flatMap(({ repeats, size, stride, outputs }, stage) =>
      Array.from({ length: repeats }, (_, i) => {
        const shape = { inputs, outputs, size, stride: i === 0 ? stride : 1 };
        const Block = stage === 0 ? DepthwiseSeparable : InvertedResidual;
        inputs = outputs;
        return new Block(builder.at('blocks').at(stage).at(i), shape, variant);
      }),
    );
    this.convHead = new Conv2d(builder.at('conv_head'), { inputs, outputs: FEATURES, size: 1 });
    this.bn2 = new BatchNorm2d(builder.at('bn2'), FEATURES, { epsilon });
    // Google's rule for the classifier: its bound is 1/√outputs, not 1/√inputs
    const initial = { initialWeight: fanInUniform(numClasses), initialBias: zeros };
    this.classifier = new Linear(builder.at('classifier'), FEATURES, numClasses, initial);
    this.parameters = builder.parameters;
    this.statistics = builder.statistics;
    this.head = [this.classifier.weight, this.classifier.bias];
  }

  /** `image` [B, H, W, C] float32 -> logits [B, K]; any height and width. */
  forward(scope: Scope, { image }: Readonly<Record<string, Tensor>>): Tensor {
    if (!image) throw new Error(`${this.name} needs the input 'image'`);
    let x = relu6(this.bn1.forward(scope, this.convStem.forward(scope, image)));
    for (const block of this.blocks) x = block.forward(scope, x);
    x = relu6(this.bn2.forward(scope, this.convHead.forward(scope, x))); // (B, h, w, 1280)
    return this.classifier.forward(scope, globalAvgPool(x)); // -> (B, 1280) -> (B, K)
  }

  /** The published weights have other names, and were trained with TensorFlow's epsilon. */
  importWeights(weights: WeightSource): WeightSource {
    return timmWeights(
      weights,
      STAGES.map(({ repeats }) => repeats),
      this.variant.epsilon,
    );
  }

  dispose(): void {
    for (const parameter of [...this.parameters, ...this.statistics]) parameter.dispose();
  }
}

function lite0(variant: Variant, remark: string) {
  return defineModel({
    name: variant.name,
    description: `EfficientNet-Lite0, 4.7 M parameters, timm's names and layout; ${remark}`,
    options: z.strictObject({}),
    create: (_, context) => new EfficientNetLite(variant, context),
  });
}

export const efficientnet_lite0 = lite0(
  { name: 'efficientnet_lite0', padding: undefined, epsilon: 1e-5 },
  "PyTorch's padding",
);
export const tf_efficientnet_lite0 = lite0(
  { name: 'tf_efficientnet_lite0', padding: 'same', epsilon: 1e-3 },
  "TensorFlow's padding, as its published weights were trained",
);
