import { z } from 'zod';
import { gatherRows } from '../engine/ops/gather-rows.js';
import { gelu } from '../engine/ops/gelu.js';
import { layerNorm } from '../engine/ops/layer-norm.js';
import type { Parameter } from '../engine/parameters.js';
import { floatTensor } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { attention } from './layers/attention.js';
import { paddingMask } from './layers/attention-mask.js';
import { ParameterBuilder } from './layers/builder.js';
import { Embedding } from './layers/embedding.js';
import { normal, ones, zeros } from './layers/initializers.js';
import { Linear } from './layers/linear.js';
import type { Scope } from './layers/scope.js';
import { defineModel, type Model, type ModelContext } from './types.js';

/*
 * BERT4Rec; Sun et al. 2019 (arXiv:1904.06690), with the names, numerics and initial distributions of
 * jaywonchung/BERT4Rec-VAE-Pytorch, which the GeN paper's Table 7 was made with: LayerNorm before each branch and none
 * after the last, GELU by tanh, embeddings from N(0, 1), a classifier of its own over items.
 */

const HIDDEN_RATIO = 4;

interface Architecture {
  /** Features of a token. */
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly dropout: number;
}

/**
 * a·(x − mean)/(s + 10⁻⁶) + b with the sample's deviation s, which divides by n − 1. Computed as PyTorch's LayerNorm
 * with a·√((n − 1)/n): adding to the variance instead of s changes less than float32 resolves, s being near 1.
 */
class SampleNorm {
  private readonly scale: Parameter;
  private readonly offset: Parameter;
  private readonly correction: number;

  constructor(builder: ParameterBuilder, width: number) {
    this.scale = builder.parameter('a_2', [width], ones);
    this.offset = builder.parameter('b_2', [width], zeros);
    this.correction = Math.sqrt((width - 1) / width);
  }

  forward(scope: Scope, x: Tensor): Tensor {
    const scale = scope.get(this.scale).mul(floatTensor(this.correction));
    return layerNorm(x, scale, scope.get(this.offset), 1e-12);
  }
}

/** x + attention(norm(x)), then x + feedForward(norm(x)), then dropout: [B, T, width] -> [B, T, width]. */
class Block {
  private readonly projections: readonly [Linear, Linear, Linear];
  private readonly output: Linear;
  private readonly w1: Linear;
  private readonly w2: Linear;
  private readonly inputNorm: SampleNorm;
  private readonly outputNorm: SampleNorm;

  constructor(
    builder: ParameterBuilder,
    private readonly architecture: Architecture,
  ) {
    const { width } = architecture;
    const attended = builder.at('attention');
    const project = (i: number) => new Linear(attended.at('linear_layers').at(i), width, width);
    this.projections = [project(0), project(1), project(2)];
    this.output = new Linear(attended.at('output_linear'), width, width);
    this.w1 = new Linear(builder.at('feed_forward.w_1'), width, HIDDEN_RATIO * width);
    this.w2 = new Linear(builder.at('feed_forward.w_2'), HIDDEN_RATIO * width, width);
    this.inputNorm = new SampleNorm(builder.at('input_sublayer.norm'), width);
    this.outputNorm = new SampleNorm(builder.at('output_sublayer.norm'), width);
  }

  forward(scope: Scope, x: Tensor, mask: Tensor): Tensor {
    const { heads, dropout: rate } = this.architecture;
    const normed = this.inputNorm.forward(scope, x);
    const [q, k, v] = this.projections.map((projection) => projection.forward(scope, normed));
    const attended = attention(q!, k!, v!, { heads, mask, dropout: { rate, seed: scope.dropoutSeed() } });
    const y = x.add(scope.dropout(this.output.forward(scope, attended), rate)); // (B, T, width)
    const hidden = gelu(this.w1.forward(scope, this.outputNorm.forward(scope, y)), 'tanh'); // (B, T, 4·width)
    const fed = this.w2.forward(scope, scope.dropout(hidden, rate));
    return scope.dropout(y.add(scope.dropout(fed, rate)), rate);
  }
}

class Bert4Rec implements Model {
  readonly name = 'bert4rec';
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[] = [];
  readonly head: readonly Parameter[];
  private readonly token: Embedding;
  private readonly position: Embedding;
  private readonly blocks: readonly Block[];
  private readonly out: Linear;

  constructor(
    private readonly architecture: Architecture,
    context: ModelContext,
  ) {
    const { numItems, sequenceLength } = checked(architecture, context);
    const { width, depth } = architecture;
    const builder = new ParameterBuilder(context.seed);
    const bert = builder.at('bert');
    // 0 is padding, 1 to numItems are items, the last is the mask
    this.token = new Embedding(bert.at('embedding.token'), numItems + 2, width, {
      initial: normal(1),
      paddingIndex: 0,
    });
    this.position = new Embedding(bert.at('embedding.position.pe'), sequenceLength, width, {
      initial: normal(1),
    });
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new Block(bert.at('transformer_blocks').at(i), architecture),
    );
    this.out = new Linear(builder.at('out'), width, numItems + 1);
    this.parameters = builder.parameters;
    this.head = [this.out.weight, this.out.bias];
  }

  /**
   * `ids` int32 [B, T] of the length T it was made for, items from 1 padded with 0 on the left -> logits [B, T, items + 1]; with `positions` int32
   * [B, M] only those at these places of each sequence: [B, M, items + 1].
   */
  forward(scope: Scope, { ids, positions }: Readonly<Record<string, Tensor>>): Tensor {
    if (!ids) throw new Error("bert4rec needs the input 'ids'");
    const mask = paddingMask(ids.greater(tf.scalar(0, 'int32')));
    const embedded = this.token.forward(scope, ids).add(scope.get(this.position.weight));
    let x = scope.dropout(embedded, this.architecture.dropout); // (B, T, width)
    for (const block of this.blocks) x = block.forward(scope, x, mask);
    return this.out.forward(scope, positions ? gatherRows(x, positions) : x);
  }

  dispose(): void {
    for (const parameter of this.parameters) parameter.dispose();
  }
}

function checked({ width, heads }: Architecture, { numItems, sequenceLength }: ModelContext) {
  if (numItems === undefined || sequenceLength === undefined) {
    throw new UsageError('model bert4rec recommends items: its dataset must have sequences of items.');
  }
  if (width % heads !== 0) {
    throw new UsageError(
      `model bert4rec: width ${width} is not a multiple of heads ${heads}: change either.`,
    );
  }
  return { numItems, sequenceLength };
}

const count = z.int().min(1);

export const bert4rec = defineModel({
  name: 'bert4rec',
  description: 'transformer that fills in masked items of a sequence, after BERT4Rec-VAE-Pytorch',
  options: z.strictObject({
    width: count.default(256).describe('features of a token, a multiple of heads'),
    depth: count.default(2).describe('blocks'),
    heads: count.default(4).describe('attention heads'),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe('of embeddings, attention weights and both sublayers'),
    pretrained: z
      .literal(false, { error: 'bert4rec has no published weights; leave pretrained out or false' })
      .default(false),
  }),
  create: (options, context) => new Bert4Rec(options, context),
});
