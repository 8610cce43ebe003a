import type { Tensor } from '../../engine/tf.js';
import { fusedAttention } from './attention.js';
import type { ParameterBuilder } from './builder.js';
import { Linear, type LinearOptions } from './linear.js';
import type { Scope } from './scope.js';

/** Multi-head self-attention with one projection for queries, keys and values: timm's `attn.qkv` and `attn.proj`. */
export class SelfAttention {
  private readonly qkv: Linear;
  private readonly proj: Linear;

  constructor(
    builder: ParameterBuilder,
    width: number,
    private readonly heads: number,
    options: LinearOptions = {},
  ) {
    this.qkv = new Linear(builder.at('qkv'), width, 3 * width, options);
    this.proj = new Linear(builder.at('proj'), width, width, options);
  }

  /** [B, N, width] -> [B, N, width] */
  forward(scope: Scope, x: Tensor): Tensor {
    const qkv = this.qkv.forward(scope, x); // (B, N, 3·width)
    return this.proj.forward(scope, fusedAttention(qkv, { heads: this.heads }));
  }
}
