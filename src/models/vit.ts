import { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import { type Tensor, tf } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { ParameterBuilder } from './layers/builder.js';
import { normal, zeros } from './layers/initializers.js';
import { LayerNorm } from './layers/layer-norm.js';
import { Linear } from './layers/linear.js';
import { Mlp } from './layers/mlp.js';
import { PatchEmbed } from './layers/patch-embed.js';
import type { Scope } from './layers/scope.js';
import { SelfAttention } from './layers/self-attention.js';
import { defineModel, type Model, type ModelContext } from './types.js';

/*
 * Vision transformers; Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words" (arXiv:2010.11929), and the small and
 * tiny ones of Touvron et al. 2021 (arXiv:2012.12877). Names, shapes and initial distributions are timm's: LayerNorm
 * before each branch, one projection for queries, keys and values, the class token's final state classified.
 */

/** PyTorch's and the original's LayerNorm epsilon differ; timm's ViTs have this one. */
const EPSILON = 1e-6;
const HIDDEN_RATIO = 4;

/** timm's `trunc_normal_(std=.02)`, whose bounds of ±2 lie 100 deviations out. */
const linear = { initialWeight: normal(0.02), initialBias: zeros };

interface Architecture {
  readonly name: string;
  /** Height and width in pixels. */
  readonly patchSize: number;
  /** Features of a token. */
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Height and width in pixels that published weights are for; undefined: any. */
  readonly imageSize?: number;
}

/** x + attention(norm(x)), then x + mlp(norm(x)): [B, N, width] -> [B, N, width]. */
class Block {
  private readonly norm1: LayerNorm;
  private readonly attn: SelfAttention;
  private readonly norm2: LayerNorm;
  private readonly mlp: Mlp;

  constructor(builder: ParameterBuilder, { width, heads }: Architecture) {
    this.norm1 = new LayerNorm(builder.at('norm1'), width, EPSILON);
    this.attn = new SelfAttention(builder.at('attn'), width, heads, linear);
    this.norm2 = new LayerNorm(builder.at('norm2'), width, EPSILON);
    this.mlp = new Mlp(builder.at('mlp'), width, HIDDEN_RATIO * width, linear);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    const y = x.add(this.attn.forward(scope, this.norm1.forward(scope, x)));
    return y.add(this.mlp.forward(scope, this.norm2.forward(scope, y)));
  }
}

class VisionTransformer implements Model {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[] = [];
  readonly head: readonly Parameter[];
  private readonly clsToken: Parameter;
  private readonly posEmbed: Parameter;
  private readonly patchEmbed: PatchEmbed;
  private readonly blocks: readonly Block[];
  private readonly norm: LayerNorm;
  private readonly classifier: Linear;

  constructor(
    private readonly architecture: Architecture,
    context: ModelContext,
  ) {
    const { name, patchSize, width, depth } = architecture;
    const { numClasses, channels, patches } = checked(architecture, context);
    const builder = new ParameterBuilder(context.seed);
    this.name = name;
    this.clsToken = builder.parameter('cls_token', [1, 1, width], normal(1e-6));
    this.posEmbed = builder.parameter('pos_embed', [1, 1 + patches, width], normal(0.02));
    this.patchEmbed = new PatchEmbed(builder.at('patch_embed'), { patchSize, channels, width });
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new Block(builder.at('blocks').at(i), architecture),
    );
    this.norm = new LayerNorm(builder.at('norm'), width, EPSILON);
    this.classifier = new Linear(builder.at('head'), width, numClasses, linear);
    this.parameters = builder.parameters;
    this.head = [this.classifier.weight, this.classifier.bias];
  }

  /** `image` [B, H, W, C] float32, of the size the model was made for -> logits [B, K]. */
  forward(scope: Scope, { image }: Readonly<Record<string, Tensor>>): Tensor {
    if (!image) throw new Error(`${this.name} needs the input 'image'`);
    const { width } = this.architecture;
    const batch = image.shape[0]!;
    const patches = this.patchEmbed.forward(scope, image); // (B, H, W, C) -> (B, P, width)
    // by an addition: the gradient is one sum, where tfjs's broadcastTo takes a slice an example
    const cls = scope.get(this.clsToken).add(tf.zeros([batch, 1, width]));
    let x: Tensor = tf.concat([cls, patches], 1).add(scope.get(this.posEmbed)); // (B, 1 + P, width)
    for (const block of this.blocks) x = block.forward(scope, x);
    const token = x.slice([0, 0, 0], [batch, 1, width]).reshape([batch, width]);
    return this.classifier.forward(scope, this.norm.forward(scope, token)); // (B, width) -> (B, K)
  }

  dispose(): void {
    for (const parameter of this.parameters) parameter.dispose();
  }
}

function checked(architecture: Architecture, { numClasses, imageShape }: ModelContext) {
  const { name, patchSize, width, heads, imageSize } = architecture;
  if (numClasses === undefined || !imageShape) {
    throw new UsageError(`model ${name} classifies images: its dataset must have images and classes.`);
  }
  const [height, imageWidth, channels] = imageShape;
  const found = `${height} × ${imageWidth}`;
  if (imageSize !== undefined && (height !== imageSize || imageWidth !== imageSize)) {
    throw new UsageError(
      `model ${name} takes images of ${imageSize} × ${imageSize} pixels, these have ${found}: ` +
        `set dataset.image_size to ${imageSize}, or choose model vit for other sizes.`,
    );
  }
  if (height % patchSize !== 0 || imageWidth % patchSize !== 0) {
    throw new UsageError(
      `images of ${found} pixels are not made of patches of ${patchSize} × ${patchSize}: ` +
        'choose a model.patch_size that divides both.',
    );
  }
  if (width % heads !== 0) {
    throw new UsageError(`model ${name}: width ${width} is not a multiple of heads ${heads}: change either.`);
  }
  return { numClasses, channels, patches: (height / patchSize) * (imageWidth / patchSize) };
}

function imagenet(size: string, millions: number, shape: { width: number; depth: number; heads: number }) {
  const name = `vit_${size}_patch16_224`;
  return defineModel({
    name,
    description: `vision transformer, ${millions} M parameters, timm's names and layout`,
    options: z.strictObject({}),
    create: (_, context) => new VisionTransformer({ name, patchSize: 16, imageSize: 224, ...shape }, context),
  });
}

export const vit_tiny_patch16_224 = imagenet('tiny', 5.7, { width: 192, depth: 12, heads: 3 });
export const vit_small_patch16_224 = imagenet('small', 22.1, { width: 384, depth: 12, heads: 6 });
export const vit_base_patch16_224 = imagenet('base', 86.6, { width: 768, depth: 12, heads: 12 });
export const vit_large_patch16_224 = imagenet('large', 304.3, { width: 1024, depth: 24, heads: 16 });

const count = z.int().min(1);

/** A ViT of any size, to train from scratch on small images. */
export const vit = defineModel({
  name: 'vit',
  description: 'vision transformer of a chosen size, for images of any size that patches tile',
  options: z.strictObject({
    patch_size: count.default(4).describe('height and width of a patch in pixels'),
    width: count.default(96).describe('features of a token, a multiple of heads'),
    depth: count.default(6).describe('blocks'),
    heads: count.default(3).describe('attention heads'),
    pretrained: z
      .literal(false, { error: 'vit has no published weights; leave pretrained out or false' })
      .default(false),
  }),
  create: ({ patch_size: patchSize, width, depth, heads }, context) =>
    new VisionTransformer({ name: 'vit', patchSize, width, depth, heads }, context),
});
