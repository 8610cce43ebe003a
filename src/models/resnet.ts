import { z } from 'zod';
import { globalAvgPool, maxPool } from '../engine/ops/pooling.js';
import { relu } from '../engine/ops/relu.js';
import type { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { BatchNorm2d } from './layers/batch-norm2d.js';
import { ParameterBuilder } from './layers/builder.js';
import { Conv2d } from './layers/conv2d.js';
import { Linear } from './layers/linear.js';
import type { Scope } from './layers/scope.js';
import { defineModel, type Model, type ModelContext } from './types.js';

/*
 * Residual networks; He et al. 2016, "Deep Residual Learning for Image Recognition" (arXiv:1512.03385).
 *
 * ResNet-18 to -152 have the names, shapes and initial distributions of timm's, which are torchvision's: the "v1.5",
 * with the stride of a bottleneck in its 3×3 convolution, and γ = 0 in the last BatchNorm of every block. ResNet-8 and
 * -20 are the paper's CIFAR networks (section 4.2, 6n+2 layers) for small images: 3×3 stem, no max-pooling, widths 16,
 * 32, 64; unlike the paper's, a shortcut that changes shape is a 1×1 convolution (its option B). They start from
 * PyTorch's default distributions: with timm's γ = 0 they learn far slower in runs of a hundred steps.
 */

/** What a residual block is made with; widths are channels. */
interface BlockShape {
  readonly inputs: number;
  readonly width: number;
  readonly stride: number;
}

/** γ of the last BatchNorm of a block at the start: timm's makes every block the identity. */
function lastScale(builder: ParameterBuilder): { initialScale: number } {
  return { initialScale: builder.initialisation === 'timm' ? 0 : 1 };
}

/** 1×1 convolution and BatchNorm on a shortcut whose shape changes; `downsample.0` and `.1` as in timm. */
class Downsample {
  private readonly conv: Conv2d;
  private readonly bn: BatchNorm2d;

  constructor(builder: ParameterBuilder, inputs: number, outputs: number, stride: number) {
    this.conv = new Conv2d(builder.at(0), { inputs, outputs, size: 1, stride });
    this.bn = new BatchNorm2d(builder.at(1), outputs);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    return this.bn.forward(scope, this.conv.forward(scope, x));
  }
}

function shortcut(builder: ParameterBuilder, { inputs, stride }: BlockShape, outputs: number) {
  if (stride === 1 && inputs === outputs) return undefined;
  return new Downsample(builder.at('downsample'), inputs, outputs, stride);
}

/** Two 3×3 convolutions: [B, H, W, inputs] -> [B, H/stride, W/stride, width]. */
class BasicBlock {
  static readonly expansion = 1;
  private readonly conv1: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly conv2: Conv2d;
  private readonly bn2: BatchNorm2d;
  private readonly downsample: Downsample | undefined;

  constructor(builder: ParameterBuilder, shape: BlockShape) {
    const { inputs, width, stride } = shape;
    this.conv1 = new Conv2d(builder.at('conv1'), { inputs, outputs: width, size: 3, stride });
    this.bn1 = new BatchNorm2d(builder.at('bn1'), width);
    this.conv2 = new Conv2d(builder.at('conv2'), { inputs: width, outputs: width, size: 3 });
    this.bn2 = new BatchNorm2d(builder.at('bn2'), width, lastScale(builder));
    this.downsample = shortcut(builder, shape, width);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    let y = relu(this.bn1.forward(scope, this.conv1.forward(scope, x)));
    y = this.bn2.forward(scope, this.conv2.forward(scope, y));
    return relu(y.add(this.downsample?.forward(scope, x) ?? x));
  }
}

/** 1×1, 3×3, 1×1 convolutions: [B, H, W, inputs] -> [B, H/stride, W/stride, 4·width]. */
class Bottleneck {
  static readonly expansion = 4;
  private readonly conv1: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly conv2: Conv2d;
  private readonly bn2: BatchNorm2d;
  private readonly conv3: Conv2d;
  private readonly bn3: BatchNorm2d;
  private readonly downsample: Downsample | undefined;

  constructor(builder: ParameterBuilder, shape: BlockShape) {
    const { inputs, width, stride } = shape;
    const outputs = width * Bottleneck.expansion;
    this.conv1 = new Conv2d(builder.at('conv1'), { inputs, outputs: width, size: 1 });
    this.bn1 = new BatchNorm2d(builder.at('bn1'), width);
    this.conv2 = new Conv2d(builder.at('conv2'), { inputs: width, outputs: width, size: 3, stride });
    this.bn2 = new BatchNorm2d(builder.at('bn2'), width);
    this.conv3 = new Conv2d(builder.at('conv3'), { inputs: width, outputs, size: 1 });
    this.bn3 = new BatchNorm2d(builder.at('bn3'), outputs, lastScale(builder));
    this.downsample = shortcut(builder, shape, outputs);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    let y = relu(this.bn1.forward(scope, this.conv1.forward(scope, x)));
    y = relu(this.bn2.forward(scope, this.conv2.forward(scope, y)));
    y = this.bn3.forward(scope, this.conv3.forward(scope, y));
    return relu(y.add(this.downsample?.forward(scope, x) ?? x));
  }
}

interface Architecture {
  readonly name: string;
  readonly block: typeof BasicBlock | typeof Bottleneck;
  /** Blocks of each stage; every stage but the first halves height and width and doubles the width. */
  readonly depths: readonly number[];
  /** Of the first stage, in channels. */
  readonly width: number;
  /** `imagenet`: 7×7 convolution with stride 2 and 3×3 max-pooling with stride 2; `cifar`: one 3×3 convolution. */
  readonly stem: 'imagenet' | 'cifar';
}

class ResNet implements Model {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[];
  readonly head: readonly Parameter[];
  private readonly conv1: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly blocks: readonly (BasicBlock | Bottleneck)[];
  private readonly fc: Linear;

  constructor(
    private readonly architecture: Architecture,
    context: ModelContext,
  ) {
    const { name, block: Block, depths, width, stem } = architecture;
    const { seed, numClasses, imageShape } = context;
    if (numClasses === undefined || !imageShape) {
      throw new UsageError(`model ${name} classifies images: its dataset must have images and classes.`);
    }
    const builder = new ParameterBuilder(seed, stem === 'imagenet' ? 'timm' : 'pytorch');
    const size = stem === 'imagenet' ? 7 : 3;
    const stride = stem === 'imagenet' ? 2 : 1;
    this.name = name;
    this.conv1 = new Conv2d(builder.at('conv1'), { inputs: imageShape[2], outputs: width, size, stride });
    this.bn1 = new BatchNorm2d(builder.at('bn1'), width);
    let inputs = width;
    this.blocks = depths.flatMap((depth, stage) =>
      Array.from({ length: depth }, (_, i) => {
        const shape = { inputs, width: width * 2 ** stage, stride: stage > 0 && i === 0 ? 2 : 1 };
        inputs = shape.width * Block.expansion;
        return new Block(builder.at(`layer${stage + 1}`).at(i), shape);
      }),
    );
    this.fc = new Linear(builder.at('fc'), inputs, numClasses);
    this.parameters = builder.parameters;
    this.statistics = builder.statistics;
    this.head = [this.fc.weight, this.fc.bias];
  }

  /** `image` [B, H, W, C] float32 -> logits [B, K]; any height and width. */
  forward(scope: Scope, { image }: Readonly<Record<string, Tensor>>): Tensor {
    if (!image) throw new Error(`${this.name} needs the input 'image'`);
    let x = relu(this.bn1.forward(scope, this.conv1.forward(scope, image)));
    if (this.architecture.stem === 'imagenet') x = maxPool(x, 3, 2, 1);
    for (const block of this.blocks) x = block.forward(scope, x);
    return this.fc.forward(scope, globalAvgPool(x)); // [B, h, w, F] -> [B, F] -> [B, K]
  }

  dispose(): void {
    for (const parameter of [...this.parameters, ...this.statistics]) parameter.dispose();
  }
}

function imagenet(name: string, millions: number, block: Architecture['block'], depths: readonly number[]) {
  return defineModel({
    name,
    description: `residual network, ${millions} M parameters, timm's names and layout`,
    options: z.strictObject({}),
    create: (_, context) => new ResNet({ name, block, depths, width: 64, stem: 'imagenet' }, context),
  });
}

function cifar(name: string, thousands: number, blocksPerStage: number) {
  const depths = [blocksPerStage, blocksPerStage, blocksPerStage];
  return defineModel({
    name,
    description: `small residual network for images of 28 or 32 pixels, ${thousands} k parameters`,
    options: z.strictObject({
      pretrained: z
        .literal(false, { error: `${name} has no published weights; leave pretrained out or false` })
        .default(false),
    }),
    create: (_, context) =>
      new ResNet({ name, block: BasicBlock, depths, width: 16, stem: 'cifar' }, context),
  });
}

export const resnet8 = cifar('resnet8', 78, 1);
export const resnet20 = cifar('resnet20', 272, 3);
export const resnet18 = imagenet('resnet18', 11.7, BasicBlock, [2, 2, 2, 2]);
export const resnet34 = imagenet('resnet34', 21.8, BasicBlock, [3, 4, 6, 3]);
export const resnet50 = imagenet('resnet50', 25.6, Bottleneck, [3, 4, 6, 3]);
export const resnet101 = imagenet('resnet101', 44.5, Bottleneck, [3, 4, 23, 3]);
export const resnet152 = imagenet('resnet152', 60.2, Bottleneck, [3, 8, 36, 3]);
