import { z } from 'zod';
import { gelu } from '../engine/ops/gelu.js';
import { matmul } from '../engine/ops/matmul.js';
import { splitFusedHeads } from '../engine/ops/split-heads.js';
import type { Parameter } from '../engine/parameters.js';
import { type Tensor, tf } from '../engine/tf.js';
import { UsageError } from '../errors.js';
import { huggingFaceNames } from './hugging-face.js';
import { attendHeads } from './layers/attention.js';
import { causalMask, paddingMask } from './layers/attention-mask.js';
import { ParameterBuilder } from './layers/builder.js';
import { Embedding } from './layers/embedding.js';
import { normal, zeros } from './layers/initializers.js';
import { LayerNorm } from './layers/layer-norm.js';
import { Linear, type LinearOptions } from './layers/linear.js';
import type { Scope } from './layers/scope.js';
import { applyPeft, type Peft, type PeftOptions, peftShape } from './peft.js';
import {
  type DecodeInputs,
  defineModel,
  type KeyValueCache,
  type LanguageModel,
  type ModelContext,
} from './types.js';
import type { WeightSource } from './weights.js';

/*
 * GPT-2; Radford et al. 2019, "Language Models are Unsupervised Multitask Learners". Names, shapes, initial
 * distributions and dropout places are transformers': `GPT2LMHeadModel`, whose output layer is the token embedding, and
 * with classes `GPT2ForSequenceClassification`, which classifies the last token's state. Weights of linear layers are
 * [inputs, outputs], as published. Dropout: after the embeddings, on attention weights, after each sublayer.
 */

interface Architecture {
  readonly name: string;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly vocabSize: number;
  /** Longest sequence in tokens. */
  readonly positions: number;
  readonly dropout: number;
}

const EPSILON = 1e-5;
/** Tokens of the published models. */
const VOCABULARY = 50_257;
const HIDDEN_RATIO = 4;

class Block {
  private readonly ln1: LayerNorm;
  private readonly attention: Linear;
  private readonly attentionOutput: Linear;
  private readonly ln2: LayerNorm;
  private readonly fc: Linear;
  private readonly fcOutput: Linear;

  constructor(
    builder: ParameterBuilder,
    private readonly architecture: Architecture,
  ) {
    const { width, depth } = architecture;
    const conv1d: LinearOptions = { initialWeight: normal(0.02), initialBias: zeros, layout: 'same' };
    // 2·depth sublayers add to the residual stream
    const output = { ...conv1d, initialWeight: normal(0.02 / Math.sqrt(2 * depth)) };
    const hidden = HIDDEN_RATIO * width;
    this.ln1 = new LayerNorm(builder.at('ln_1'), width, EPSILON);
    this.attention = new Linear(builder.at('attn.c_attn'), width, 3 * width, {
      ...conv1d,
      parts: ['q', 'k', 'v'],
    });
    this.attentionOutput = new Linear(builder.at('attn.c_proj'), width, width, output);
    this.ln2 = new LayerNorm(builder.at('ln_2'), width, EPSILON);
    this.fc = new Linear(builder.at('mlp.c_fc'), width, hidden, conv1d);
    this.fcOutput = new Linear(builder.at('mlp.c_proj'), hidden, width, output);
  }

  /** x [B, N, width], mask [.., N, P + N] -> the same shape, and all keys and values [B, H, P + N, d] */
  forward(scope: Scope, x: Tensor, mask: Tensor, past?: KeyValueCache[number]) {
    const { heads, dropout: rate } = this.architecture;
    const qkv = this.attention.forward(scope, this.ln1.forward(scope, x)); // (B, N, 3·width)
    const [q, newKey, newValue] = splitFusedHeads(qkv, heads); // (B, H, N, d)
    const key = past ? tf.concat([past.key, newKey], 2) : newKey;
    const value = past ? tf.concat([past.value, newValue], 2) : newValue;
    const attended = attendHeads(q, key, value, { mask, dropout: { rate, seed: scope.dropoutSeed() } });
    const y = x.add(scope.dropout(this.attentionOutput.forward(scope, attended), rate)); // (B, N, width)
    const hidden = gelu(this.fc.forward(scope, this.ln2.forward(scope, y)), 'tanh'); // (B, N, 4·width)
    return { x: y.add(scope.dropout(this.fcOutput.forward(scope, hidden), rate)), key, value };
  }
}

class Gpt2 implements LanguageModel {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[] = [];
  readonly head: readonly Parameter[];
  readonly peft: Peft;
  readonly importWeights: (weights: WeightSource) => WeightSource;
  readonly vocabSize: number;
  readonly maxLength: number;
  private readonly tokens: Embedding;
  private readonly positions: Embedding;
  private readonly blocks: readonly Block[];
  private readonly norm: LayerNorm;
  /** The classifier's weight [width, K]. */
  private readonly score: Parameter | undefined;

  constructor(
    private readonly architecture: Architecture,
    peft: PeftOptions,
    { seed, numClasses }: ModelContext,
  ) {
    const { name, width, depth, heads, vocabSize, positions } = architecture;
    if (width % heads !== 0) {
      throw new UsageError(
        `model ${name}: width ${width} is not a multiple of heads ${heads}: change either.`,
      );
    }
    const builder = new ParameterBuilder(seed);
    const body = builder.at('transformer');
    const initial = normal(0.02);
    this.name = name;
    this.vocabSize = vocabSize;
    this.maxLength = positions;
    this.tokens = new Embedding(body.at('wte'), vocabSize, width, { initial });
    this.positions = new Embedding(body.at('wpe'), positions, width, { initial });
    this.blocks = Array.from({ length: depth }, (_, i) => new Block(body.at('h').at(i), architecture));
    this.norm = new LayerNorm(body.at('ln_f'), width, EPSILON);
    if (numClasses !== undefined) {
      this.score = builder.parameter('score.weight', [width, numClasses], initial, 'linear');
    }
    this.head = this.score ? [this.score] : [];
    this.peft = applyPeft(builder, peft, { head: this.head, defaultTargets: ['c_attn.q', 'c_attn.v'] });
    this.parameters = builder.parameters;
    this.importWeights = huggingFaceNames(this.parameters, {
      prefix: 'transformer.',
      // the output layer, a classifier's weight, and the causal mask, which old checkpoints hold as a buffer
      optional: /^(lm_head|score)\.|(^|\.)attn\.(masked_)?bias$/,
      aliases: { 'transformer.wte.weight': 'lm_head.weight' },
    });
  }

  /**
   * `ids` [B, T] (int32), optional `mask` [B, T] (int32: 1 a token, 0 padding) -> logits [B, T, V] of the next tokens;
   * with classes logits [B, K], from the last token that is not padding.
   */
  forward(scope: Scope, { ids, mask }: Readonly<Record<string, Tensor>>): Tensor {
    if (!ids) throw new Error(`${this.name} needs the input 'ids'`);
    const { states } = this.read(scope, { ids, ...(mask && { mask }) });
    if (this.score) return matmul(lastToken(states, mask), scope.get(this.score)); // (B, width) -> (B, K)
    const [batch, length] = ids.shape as [number, number];
    return this.logits(scope, states).reshape([batch, length, this.vocabSize]);
  }

  decode(scope: Scope, inputs: DecodeInputs, past: KeyValueCache = []) {
    const { states, cache } = this.read(scope, inputs, past);
    return { logits: this.logits(scope, lastToken(states)), cache };
  }

  /** Final states [B, N, width] of N tokens after those of the cache. */
  private read(scope: Scope, { ids, mask, positions }: DecodeInputs, past: KeyValueCache = []) {
    const [, length] = ids.shape as [number, number];
    const start = past[0]?.key.shape[2] ?? 0;
    if (start + length > this.maxLength) {
      throw new UsageError(`${this.name} reads at most ${this.maxLength} tokens; found ${start + length}.`);
    }
    const placed = positions
      ? this.positions.forward(scope, positions)
      : this.positions.rows(scope, start, length);
    const causal = causalMask(length, start); // (1, 1, N, P + N)
    const visible = mask ? tf.minimum(causal, paddingMask(mask)) : causal;
    const { dropout } = this.architecture;
    let x = scope.dropout(this.tokens.forward(scope, ids).add(placed), dropout); // (B, N, width)
    const cache = this.blocks.map((block, i) => {
      const { x: next, key, value } = block.forward(scope, x, visible, past[i]);
      x = next;
      return { key, value };
    });
    return { states: this.norm.forward(scope, x), cache };
  }

  /** [..., width] -> [R, V], by the token embedding's transpose */
  private logits(scope: Scope, states: Tensor): Tensor {
    const rows = states.reshape([-1, this.architecture.width]);
    return matmul(rows, scope.get(this.tokens.weight), { transposeB: true });
  }

  dispose(): void {
    for (const parameter of this.parameters) parameter.dispose();
  }
}

/** The state of the last token whose mask is 1 (absent: of the last): [B, T, width] -> [B, width]. */
function lastToken(states: Tensor, mask?: Tensor): Tensor {
  const [batch, length, width] = states.shape as [number, number, number];
  if (!mask) return states.slice([0, length - 1, 0], [batch, 1, width]).reshape([batch, width]);
  const places = tf.range(0, length, 1, 'int32');
  const last = mask.mul(places).max(1, true).equal(places); // (B, T)
  const weights = last.cast('float32').reshape([batch, 1, length]);
  return matmul(weights, states).reshape([batch, width]); // (B, 1, T)·(B, T, width)
}

const dropout = z.number().min(0).lt(1).default(0.1).describe('of embeddings, attention and sublayers');

function published(name: string, millions: number, shape: Pick<Architecture, 'width' | 'depth' | 'heads'>) {
  return defineModel({
    name,
    description: `GPT-2, ${millions} M parameters, transformers' names and layout`,
    options: z.strictObject({ ...peftShape, dropout }),
    create: ({ dropout, ...peft }, context) =>
      new Gpt2({ name, ...shape, vocabSize: VOCABULARY, positions: 1024, dropout }, peft, context),
    tokenizer: () => ({ name: 'gpt2', vocabSize: VOCABULARY }),
  });
}

export const gpt2 = published('gpt2', 124, { width: 768, depth: 12, heads: 12 });
export const gpt2_medium = published('gpt2-medium', 355, { width: 1024, depth: 24, heads: 16 });
export const gpt2_large = published('gpt2-large', 774, { width: 1280, depth: 36, heads: 20 });

const count = z.int().min(1);

/** A GPT-2 of any size, to train from scratch. */
export const gpt2_mini = defineModel({
  name: 'gpt2-mini',
  description: 'GPT-2 of a chosen size, to train from scratch',
  options: z.strictObject({
    width: count.default(128).describe('features of a token, a multiple of heads'),
    depth: count.default(4).describe('blocks'),
    heads: count.default(4).describe('attention heads'),
    vocab_size: count.default(VOCABULARY).describe("tokens of the tokenizer's vocabulary"),
    positions: count.default(128).describe('longest sequence in tokens'),
    ...peftShape,
    dropout,
    pretrained: z
      .literal(false, { error: 'gpt2-mini has no published weights; leave pretrained out or false' })
      .default(false),
  }),
  create: (
    { width, depth, heads, vocab_size: vocabSize, positions, dropout, pretrained: _, ...peft },
    context,
  ) => new Gpt2({ name: 'gpt2-mini', width, depth, heads, vocabSize, positions, dropout }, peft, context),
  tokenizer: ({ vocab_size }) => ({ name: 'gpt2', vocabSize: vocab_size }),
});
