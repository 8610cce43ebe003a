import { embedding } from '../../engine/ops/embedding.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import type { Initializer, ParameterBuilder } from './builder.js';
import type { Scope } from './scope.js';

export interface EmbeddingOptions {
  readonly initial: Initializer;
  /** Row that starts at zero and takes no gradient, as `padding_idx` of PyTorch's Embedding. */
  readonly paddingIndex?: number;
}

/** A table of vectors: ids [...] (int32) -> [..., width]. */
export class Embedding {
  readonly weight: Parameter;
  private readonly paddingIndex: number | undefined;

  constructor(builder: ParameterBuilder, rows: number, width: number, options: EmbeddingOptions) {
    const { initial, paddingIndex } = options;
    this.paddingIndex = paddingIndex;
    this.weight = builder.parameter('weight', [rows, width], (random, size) => {
      const values = initial(random, size);
      if (paddingIndex !== undefined) values.fill(0, paddingIndex * width, (paddingIndex + 1) * width);
      return values;
    });
  }

  forward(scope: Scope, ids: Tensor): Tensor {
    return embedding(scope.get(this.weight), ids, this.paddingIndex);
  }

  /** `count` rows from `start`: [count, width]. */
  rows(scope: Scope, start: number, count: number): Tensor {
    return scope.get(this.weight).slice([start, 0], [count, this.weight.shape[1]!]);
  }
}
