import { matmul } from '../../engine/ops/matmul.js';
import type { Parameter } from '../../engine/parameters.js';
import { floatTensor } from '../../engine/raw.js';
import { type Tensor, tf } from '../../engine/tf.js';
import type { ParameterBuilder } from './builder.js';
import { fanInUniform, zeros } from './initializers.js';
import type { Scope } from './scope.js';

export interface LoraOptions {
  /** r */
  readonly rank: number;
  /** The update is scaled by alpha / rank. */
  readonly alpha: number;
  /** Of the layer's input, on the way to A. */
  readonly dropout: number;
}

/** Where the update goes: all outputs, or some of the equal slices of a layer of several projections. */
export interface LoraShape {
  readonly inputs: number;
  readonly outputs: number;
  /** Whether published weights are [inputs, outputs]. */
  readonly transposed: boolean;
  /** All slices of the layer, in order; empty: it is one. */
  readonly parts: readonly string[];
  /** Those that are updated, each by its own A and B; empty: all outputs, by one A and B. */
  readonly adapted: readonly string[];
}

/** One product A·B: [inputs, rank]·[rank, width], added to the outputs from `offset`. */
export interface LoraBlock {
  readonly a: Parameter;
  readonly b: Parameter;
  readonly offset: number;
}

/**
 * Low-rank adaptation of a linear layer: y = x·W + b + (alpha/r)·dropout(x)·A·B; Hu et al. 2021 (arXiv:2106.09685).
 * A starts from PyTorch's `kaiming_uniform_(a=√5)`, B from zero. Updating some slices of a fused projection is what the
 * authors' `MergedLinear` with `enable_lora` does: one dropout, an A and B for each slice.
 */
export class Lora {
  readonly blocks: readonly LoraBlock[];

  constructor(
    builder: ParameterBuilder,
    readonly shape: LoraShape,
    readonly options: LoraOptions,
  ) {
    const { inputs, outputs, parts, adapted } = shape;
    const { rank } = options;
    const block = (at: ParameterBuilder, width: number, offset: number): LoraBlock => ({
      a: at.parameter('lora_A.weight', [inputs, rank], fanInUniform(inputs), 'linear'),
      b: at.parameter('lora_B.weight', [rank, width], zeros, 'linear'),
      offset,
    });
    const width = outputs / Math.max(1, parts.length);
    this.blocks =
      adapted.length === 0
        ? [block(builder, outputs, 0)]
        : adapted.map((part) => block(builder.at(part), width, parts.indexOf(part) * width));
  }

  /** [R, inputs] -> [R, outputs] */
  forward(scope: Scope, rows: Tensor): Tensor {
    const { rank, alpha, dropout: rate } = this.options;
    const reduced = matmul(scope.dropout(rows, rate), this.downward(scope)); // (R, inputs) -> (R, blocks · rank)
    return matmul(reduced.mul(floatTensor(alpha / rank)), this.upward(scope)); // -> (R, outputs)
  }

  /** Every A side by side: [inputs, blocks · rank]. */
  private downward(scope: Scope): Tensor {
    const all = this.blocks.map(({ a }) => scope.get(a));
    return all.length === 1 ? all[0]! : tf.concat(all, 1);
  }

  /** Every B at its own rows and columns, zeros elsewhere: [blocks · rank, outputs]. */
  private upward(scope: Scope): Tensor {
    const { outputs } = this.shape;
    const all = this.blocks.map(({ b, offset }) => {
      const value = scope.get(b); // (rank, width)
      const after = outputs - offset - b.shape[1]!;
      return offset === 0 && after === 0
        ? value
        : tf.pad(value, [
            [0, 0],
            [offset, after],
          ]);
    });
    return all.length === 1 ? all[0]! : tf.concat(all, 0);
  }
}
