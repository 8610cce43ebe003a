import { z } from 'zod';
import type { Parameter } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import { huggingFaceNames } from './hugging-face.js';
import { paddingMask } from './layers/attention-mask.js';
import { BertEmbeddings, type BertEmbeddingsShape } from './layers/bert-embeddings.js';
import { BertEncoder, bertLinear, type EncoderShape } from './layers/bert-encoder.js';
import { ParameterBuilder } from './layers/builder.js';
import { Linear } from './layers/linear.js';
import type { Scope } from './layers/scope.js';
import { applyPeft, type Peft, type PeftOptions, peftShape } from './peft.js';
import { defineModel, type Model, type ModelContext, type ModelDefinition } from './types.js';
import type { WeightSource } from './weights.js';

/*
 * BERT and RoBERTa, with the names, shapes, initial distributions and dropout places of transformers. With classes the
 * model is `BertForSequenceClassification` or `RobertaForSequenceClassification`: dropout takes place in the
 * embeddings, on attention weights, after every sublayer and before the classifier's layers. Without classes it is the
 * bare `BertModel` or `RobertaModel`, whose names have no prefix and which ends with the last hidden states.
 */

export interface Architecture extends EncoderShape, BertEmbeddingsShape {
  readonly name: string;
  /** Of the bare model in a classifier's names. */
  readonly prefix: 'bert' | 'roberta';
}

/** Options of BERT and RoBERTa in a config. */
const options = z.strictObject({
  ...peftShape,
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('of embeddings, attention, sublayers and classifier'),
});

/** What a classifier makes of the hidden states [B, T, width]: logits [B, K]. */
interface Head {
  readonly parameters: readonly Parameter[];
  forward(scope: Scope, states: Tensor): Tensor;
}

/** The first token's state [B, T, width] -> [B, width]. */
function firstToken(states: Tensor): Tensor {
  const [batch, , width] = states.shape as [number, number, number];
  return states.slice([0, 0, 0], [batch, 1, width]).reshape([batch, width]);
}

/** tanh(dense(first token)), dropout, classifier. The pooler is part of published weights; the classifier is not. */
class PooledHead implements Head {
  readonly parameters: readonly Parameter[];
  private readonly pooler: Linear;
  private readonly classifier: Linear;

  constructor(
    builder: ParameterBuilder,
    private readonly architecture: Architecture,
    classes: number,
  ) {
    const { prefix, width } = architecture;
    this.pooler = new Linear(builder.at(prefix).at('pooler.dense'), width, width, bertLinear);
    this.classifier = new Linear(builder.at('classifier'), width, classes, bertLinear);
    this.parameters = [this.classifier.weight, this.classifier.bias];
  }

  forward(scope: Scope, states: Tensor): Tensor {
    const pooled = this.pooler.forward(scope, firstToken(states)).tanh(); // (B, width)
    return this.classifier.forward(scope, scope.dropout(pooled, this.architecture.dropout)); // (B, K)
  }
}

/** Dropout, tanh(dense(first token)), dropout, projection: two layers of its own. */
class TwoLayerHead implements Head {
  readonly parameters: readonly Parameter[];
  private readonly dense: Linear;
  private readonly projection: Linear;

  constructor(
    builder: ParameterBuilder,
    private readonly architecture: Architecture,
    classes: number,
  ) {
    const { width } = architecture;
    this.dense = new Linear(builder.at('classifier.dense'), width, width, bertLinear);
    this.projection = new Linear(builder.at('classifier.out_proj'), width, classes, bertLinear);
    this.parameters = [this.dense, this.projection].flatMap(({ weight, bias }) => [weight, bias]);
  }

  forward(scope: Scope, states: Tensor): Tensor {
    const { dropout } = this.architecture;
    const hidden = this.dense.forward(scope, scope.dropout(firstToken(states), dropout)).tanh(); // (B, width)
    return this.projection.forward(scope, scope.dropout(hidden, dropout)); // (B, K)
  }
}

/** Heads of other tasks, the pooler where no head uses it, and buffers. */
const OPTIONAL =
  /^(cls|lm_head|classifier|qa_outputs)\.|(^|\.)pooler\.|(^|\.)embeddings\.(position_ids|token_type_ids)$/;

class Bert implements Model {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[] = [];
  readonly head: readonly Parameter[];
  readonly peft: Peft;
  readonly importWeights: (weights: WeightSource) => WeightSource;
  private readonly embeddings: BertEmbeddings;
  private readonly encoder: BertEncoder;
  private readonly classifier: Head | undefined;

  constructor(architecture: Architecture, peft: PeftOptions, { seed, numClasses }: ModelContext) {
    const builder = new ParameterBuilder(seed);
    const { prefix } = architecture;
    const bare = numClasses === undefined ? builder : builder.at(prefix);
    this.name = architecture.name;
    this.embeddings = new BertEmbeddings(bare.at('embeddings'), architecture);
    this.encoder = new BertEncoder(bare.at('encoder'), architecture);
    const HeadClass = prefix === 'bert' ? PooledHead : TwoLayerHead;
    this.classifier = numClasses === undefined ? undefined : new HeadClass(builder, architecture, numClasses);
    this.head = this.classifier?.parameters ?? [];
    this.peft = applyPeft(builder, peft, { head: this.head, defaultTargets: ['query', 'value'] });
    this.parameters = builder.parameters;
    this.importWeights = huggingFaceNames(this.parameters, { prefix: `${prefix}.`, optional: OPTIONAL });
  }

  /**
   * `ids` [B, T] (int32), optional `mask` [B, T] (int32: 1 a token, 0 padding), optional `tokenTypes` [B, T] (int32) ->
   * logits [B, K]; without classes the last hidden states [B, T, width].
   */
  forward(scope: Scope, { ids, mask, tokenTypes }: Readonly<Record<string, Tensor>>): Tensor {
    if (!ids) throw new Error(`${this.name} needs the input 'ids'`);
    const embedded = this.embeddings.forward(scope, ids, tokenTypes); // (B, T, width)
    const states = this.encoder.forward(scope, embedded, mask && paddingMask(mask)); // (B, T, width)
    return this.classifier?.forward(scope, states) ?? states;
  }

  dispose(): void {
    for (const parameter of this.parameters) parameter.dispose();
  }
}

export function defineBert(
  architecture: Omit<Architecture, 'dropout'>,
  description: string,
): ModelDefinition<typeof options> {
  return defineModel({
    name: architecture.name,
    description,
    options,
    create: ({ dropout, ...peft }, context) => new Bert({ ...architecture, dropout }, peft, context),
    tokenizer: () => ({ name: architecture.prefix, vocabSize: architecture.vocabSize }),
  });
}

const uncased = {
  prefix: 'bert',
  vocabSize: 30_522,
  maxPositions: 512,
  tokenTypes: 2,
  epsilon: 1e-12,
  paddingIndex: 0,
  positions: 'bert',
} as const;

export const bert_base_uncased = defineBert(
  { ...uncased, name: 'bert-base-uncased', width: 768, depth: 12, heads: 12, hidden: 3072 },
  "BERT, 109 M parameters, transformers' names and layout",
);

/** BERT of six layers; sentence-transformers' all-MiniLM-L6-v2 (Wang et al. 2020, arXiv:2002.10957). */
export const all_minilm_l6_v2 = defineBert(
  { ...uncased, name: 'all-MiniLM-L6-v2', width: 384, depth: 6, heads: 12, hidden: 1536 },
  "MiniLM, a BERT of 23 M parameters, transformers' names and layout",
);
