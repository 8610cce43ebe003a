import { z } from 'zod';
import { conv2d } from '../engine/ops/conv2d.js';
import { conv2dTranspose } from '../engine/ops/conv2d-transpose.js';
import { leakyRelu } from '../engine/ops/leaky-relu.js';
import { relu } from '../engine/ops/relu.js';
import type { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { BatchNorm2d } from './layers/batch-norm2d.js';
import { type Initializer, ParameterBuilder } from './layers/builder.js';
import { normal } from './layers/initializers.js';
import type { Scope } from './layers/scope.js';
import { defineModel, type GenerativeModel, type ModelContext } from './types.js';

/*
 * Deep convolutional generative adversarial networks; Radford et al. 2016 (arXiv:1511.06434), in the form of PyTorch's
 * tutorial (dcgan_faces_tutorial): its names within `generator` and `discriminator`, its initial distributions. Images of
 * another size than its 64 pixels have more or fewer stages.
 */

/** Height and width of the first feature map, and of the kernels. */
const SIZE = 4;
const SLOPE = 0.2;

const convolutionWeight = normal(0.02);
const scaleAroundOne: Initializer = (random, size) => normal(0.02)(random, size).map((value) => 1 + value);

interface Architecture {
  /** Numbers that an image is made from. */
  readonly latent: number;
  /** Features of the stage next to the image; each further stage has twice as many. */
  readonly width: number;
  /** Stages that double or halve the image between it and the 4 × 4 map: 4 for 64 pixels. */
  readonly stages: number;
  readonly channels: number;
}

/** A convolution without bias, then BatchNorm where wanted. */
class Stage {
  private readonly weight: Parameter;
  private readonly norm: BatchNorm2d | undefined;

  /** @param index of the convolution in the reference's Sequential; BatchNorm follows it */
  constructor(
    builder: ParameterBuilder,
    index: number,
    /** [inputs, outputs] of the kernel as it lies in memory */
    [inputs, outputs]: readonly [number, number],
    options: { readonly isTransposed: boolean; readonly isNormed: boolean },
  ) {
    const { isTransposed, isNormed } = options;
    const features = isTransposed ? ([outputs, inputs] as const) : ([inputs, outputs] as const);
    this.weight = builder.at(index).parameter('weight', [SIZE, SIZE, ...features], convolutionWeight, 'conv');
    this.norm = isNormed
      ? new BatchNorm2d(builder.at(index + 1), outputs, { initialScale: scaleAroundOne })
      : undefined;
  }

  forward(scope: Scope, x: Tensor, convolve: (x: Tensor, kernel: Tensor) => Tensor): Tensor {
    const y = convolve(x, scope.get(this.weight));
    return this.norm ? this.norm.forward(scope, y) : y;
  }
}

class Generator {
  private readonly stages: readonly Stage[];

  constructor(builder: ParameterBuilder, { latent, width, stages, channels }: Architecture) {
    const features = [
      latent,
      ...Array.from({ length: stages }, (_, i) => width * 2 ** (stages - 1 - i)),
      channels,
    ];
    this.stages = features.slice(1).map((outputs, i) => {
      const isNormed = i < stages;
      return new Stage(builder, 3 * i, [features[i]!, outputs], { isTransposed: true, isNormed });
    });
  }

  /** latent [B, L] -> [B, side, side, C] in (−1, 1) */
  forward(scope: Scope, latent: Tensor): Tensor {
    let x: Tensor = latent.reshape([latent.shape[0]!, 1, 1, latent.shape[1]!]); // (B, L) -> (B, 1, 1, L)
    this.stages.forEach((stage, i) => {
      const [stride, padding] = i === 0 ? [1, 0] : [2, 1];
      x = stage.forward(scope, x, (y, kernel) => conv2dTranspose(y, kernel, stride, padding));
      x = i === this.stages.length - 1 ? x.tanh() : relu(x);
    });
    return x;
  }
}

class Discriminator {
  private readonly stages: readonly Stage[];

  constructor(builder: ParameterBuilder, { width, stages, channels }: Architecture) {
    const features = [channels, ...Array.from({ length: stages }, (_, i) => width * 2 ** i), 1];
    this.stages = features.slice(1).map((outputs, i) => {
      const isNormed = i > 0 && i < stages;
      const index = i === 0 ? 0 : 3 * i - 1; // the first has no BatchNorm behind it
      return new Stage(builder, index, [features[i]!, outputs], { isTransposed: false, isNormed });
    });
  }

  /** [B, side, side, C] -> logits [B] */
  forward(scope: Scope, image: Tensor): Tensor {
    let x = image;
    this.stages.forEach((stage, i) => {
      const isLast = i === this.stages.length - 1;
      const [stride, padding] = isLast ? [1, 0] : [2, 1];
      x = stage.forward(scope, x, (y, kernel) => conv2d(y, kernel, stride, padding));
      if (!isLast) x = leakyRelu(x, SLOPE);
    });
    return x.reshape([image.shape[0]!]); // (B, 1, 1, 1) -> (B)
  }
}

class Dcgan implements GenerativeModel {
  readonly name = 'dcgan';
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[];
  readonly head: readonly Parameter[] = [];
  readonly generatorParameters: readonly Parameter[];
  readonly latentSize: number;
  private readonly generator: Generator;
  private readonly discriminator: Discriminator;

  constructor(architecture: Architecture, seed: number) {
    const builder = new ParameterBuilder(seed);
    this.generator = new Generator(builder.at('generator.main'), architecture);
    this.generatorParameters = [...builder.parameters];
    this.discriminator = new Discriminator(builder.at('discriminator.main'), architecture);
    this.parameters = builder.parameters;
    this.statistics = builder.statistics;
    this.latentSize = architecture.latent;
  }

  generate(scope: Scope, latent: Tensor): Tensor {
    return this.generator.forward(scope, latent);
  }

  /** The discriminator's logits [B] of `image` [B, side, side, C] float32 in [−1, 1]. */
  forward(scope: Scope, { image }: Readonly<Record<string, Tensor>>): Tensor {
    if (!image) throw new Error("dcgan needs the input 'image'");
    return this.discriminator.forward(scope, image);
  }

  dispose(): void {
    for (const parameter of [...this.parameters, ...this.statistics]) parameter.dispose();
  }
}

function stagesOf({ imageShape }: ModelContext): { stages: number; channels: number } {
  if (!imageShape) throw new UsageError('model dcgan makes images: its dataset must have images.');
  const [height, width, channels] = imageShape;
  const stages = Math.log2(width / SIZE);
  if (height !== width || !Number.isInteger(stages) || stages < 1) {
    throw new UsageError(
      `model dcgan makes squares of 8, 16, 32, 64, … pixels, these images have ${height} × ${width}: ` +
        'set dataset.image_size to one of these.',
    );
  }
  return { stages, channels };
}

const count = z.int().min(1);

export const dcgan = defineModel({
  name: 'dcgan',
  description:
    "generator and discriminator of PyTorch's DCGAN tutorial, for squares of 8, 16, 32, 64, … pixels",
  options: z.strictObject({
    latent: count.default(100).describe('random numbers that an image is made from'),
    width: count.default(64).describe('features of the stage next to the image, in both networks'),
    pretrained: z
      .literal(false, { error: 'dcgan has no published weights; leave pretrained out or false' })
      .default(false),
  }),
  create: ({ latent, width }, context) => new Dcgan({ latent, width, ...stagesOf(context) }, context.seed),
});
