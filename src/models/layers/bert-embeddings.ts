import { type Tensor, tf } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { Embedding } from './embedding.js';
import { normal } from './initializers.js';
import { LayerNorm } from './layer-norm.js';
import type { Scope } from './scope.js';

export interface BertEmbeddingsShape {
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly tokenTypes: number;
  readonly width: number;
  /** LayerNorm's. */
  readonly epsilon: number;
  readonly dropout: number;
  /** Token that fills up sequences; its vector stays zero. */
  readonly paddingIndex: number;
  /**
   * `bert`: 0 to T − 1. `roberta`: the tokens that are not padding count up from paddingIndex + 1, padding has
   * paddingIndex, whose vector stays zero.
   */
  readonly positions: 'bert' | 'roberta';
}

/** Sum of word, position and token-type vectors, LayerNorm, dropout, under transformers' names. */
export class BertEmbeddings {
  private readonly words: Embedding;
  private readonly positions: Embedding;
  private readonly types: Embedding;
  private readonly norm: LayerNorm;

  constructor(
    builder: ParameterBuilder,
    private readonly shape: BertEmbeddingsShape,
  ) {
    const { vocabSize, maxPositions, tokenTypes, width, epsilon, paddingIndex } = shape;
    const initial = normal(0.02);
    const padded = { initial, paddingIndex };
    this.words = new Embedding(builder.at('word_embeddings'), vocabSize, width, padded);
    this.positions = new Embedding(
      builder.at('position_embeddings'),
      maxPositions,
      width,
      shape.positions === 'roberta' ? padded : { initial },
    );
    this.types = new Embedding(builder.at('token_type_embeddings'), tokenTypes, width, { initial });
    this.norm = new LayerNorm(builder.at('LayerNorm'), width, epsilon);
  }

  /** ids [B, T], tokenTypes [B, T] (int32; absent: all 0) -> [B, T, width] */
  forward(scope: Scope, ids: Tensor, tokenTypes: Tensor | undefined): Tensor {
    const words = this.words.forward(scope, ids);
    const types = tokenTypes ? this.types.forward(scope, tokenTypes) : this.types.rows(scope, 0, 1);
    const positions =
      this.shape.positions === 'bert'
        ? this.positions.rows(scope, 0, ids.shape[1]!)
        : this.positions.forward(scope, countedPositions(ids, this.shape.paddingIndex));
    return scope.dropout(this.norm.forward(scope, words.add(types).add(positions)), this.shape.dropout);
  }
}

/** Positions [B, T] of tokens that are not padding, counted from paddingIndex + 1; padding has paddingIndex itself. */
function countedPositions(ids: Tensor, paddingIndex: number): Tensor {
  const padding = tf.scalar(paddingIndex, 'int32');
  const real = ids.notEqual(padding).cast('int32');
  return real.cumsum(1).mul(real).add(padding);
}
