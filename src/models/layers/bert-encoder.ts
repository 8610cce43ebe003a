import { gelu } from '../../engine/ops/gelu.js';
import type { Tensor } from '../../engine/tf.js';
import { attention } from './attention.js';
import type { ParameterBuilder } from './builder.js';
import { normal, zeros } from './initializers.js';
import { LayerNorm } from './layer-norm.js';
import { Linear } from './linear.js';
import type { Scope } from './scope.js';

/** Of BERT (Devlin et al. 2019, arXiv:1810.04805) and RoBERTa (Liu et al. 2019, arXiv:1907.11692). */
export interface EncoderShape {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Features between the two layers of a feed-forward block. */
  readonly hidden: number;
  /** LayerNorm's. */
  readonly epsilon: number;
  /** Of hidden states and attention weights. */
  readonly dropout: number;
}

/** How transformers initialises linear layers of BERT. */
export const bertLinear = { initialWeight: normal(0.02), initialBias: zeros };

/** LayerNorm(x + dropout(dense(y))): the end of both sublayers. */
class AddAndNorm {
  private readonly dense: Linear;
  private readonly norm: LayerNorm;

  constructor(
    builder: ParameterBuilder,
    inputs: number,
    private readonly shape: EncoderShape,
  ) {
    this.dense = new Linear(builder.at('dense'), inputs, shape.width, bertLinear);
    this.norm = new LayerNorm(builder.at('LayerNorm'), shape.width, shape.epsilon);
  }

  /** y [B, T, inputs], x [B, T, width] -> [B, T, width] */
  forward(scope: Scope, y: Tensor, x: Tensor): Tensor {
    return this.norm.forward(scope, x.add(scope.dropout(this.dense.forward(scope, y), this.shape.dropout)));
  }
}

class EncoderLayer {
  private readonly query: Linear;
  private readonly key: Linear;
  private readonly value: Linear;
  private readonly attentionOutput: AddAndNorm;
  private readonly intermediate: Linear;
  private readonly output: AddAndNorm;

  constructor(
    builder: ParameterBuilder,
    private readonly shape: EncoderShape,
  ) {
    const { width, hidden } = shape;
    const project = (name: string) =>
      new Linear(builder.at('attention.self').at(name), width, width, bertLinear);
    this.query = project('query');
    this.key = project('key');
    this.value = project('value');
    this.attentionOutput = new AddAndNorm(builder.at('attention.output'), width, shape);
    this.intermediate = new Linear(builder.at('intermediate.dense'), width, hidden, bertLinear);
    this.output = new AddAndNorm(builder.at('output'), hidden, shape);
  }

  forward(scope: Scope, x: Tensor, mask: Tensor | undefined): Tensor {
    const { heads, dropout: rate } = this.shape;
    const attended = attention(
      this.query.forward(scope, x),
      this.key.forward(scope, x),
      this.value.forward(scope, x),
      { heads, mask, dropout: { rate, seed: scope.dropoutSeed() } },
    );
    const y = this.attentionOutput.forward(scope, attended, x); // (B, T, width)
    const hidden = gelu(this.intermediate.forward(scope, y)); // (B, T, hidden)
    return this.output.forward(scope, hidden, y);
  }
}

/** Transformer layers with LayerNorm after each sublayer, under transformers' names: `layer.0.attention.self.query`. */
export class BertEncoder {
  private readonly layers: readonly EncoderLayer[];

  constructor(builder: ParameterBuilder, shape: EncoderShape) {
    this.layers = Array.from(
      { length: shape.depth },
      (_, i) => new EncoderLayer(builder.at('layer').at(i), shape),
    );
  }

  /** x [B, T, width], mask as `paddingMask` gives it -> [B, T, width] */
  forward(scope: Scope, x: Tensor, mask: Tensor | undefined): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(scope, y, mask), x);
  }
}
