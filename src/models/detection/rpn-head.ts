import { relu } from '../../engine/ops/relu.js';
import { type Tensor, tf } from '../../engine/tf.js';
import { BiasedConv2d } from '../layers/biased-conv2d.js';
import type { ParameterBuilder } from '../layers/builder.js';
import { normal } from '../layers/initializers.js';
import type { Scope } from '../layers/scope.js';

/** What the region proposal network says of every anchor of a level, in the order of rows, columns, anchors. */
export type RpnLevel = {
  /** Logits of holding an object, [B, H·W·A] */
  readonly objectness: Tensor;
  /** Encoded boxes, [B, H·W·A, 4] */
  readonly deltas: Tensor;
};

/** Head of the region proposal network (Ren et al. 2015, arXiv:1506.01497), the same for all levels. */
export class RpnHead {
  private readonly conv: BiasedConv2d;
  private readonly logits: BiasedConv2d;
  private readonly boxes: BiasedConv2d;

  constructor(builder: ParameterBuilder, channels: number, anchorsPerPixel: number) {
    const initialWeight = normal(0.01);
    const conv = (name: string, outputs: number, size: number) =>
      new BiasedConv2d(builder.at(name), { inputs: channels, outputs, size, initialWeight });
    this.conv = conv('conv.0.0', channels, 3);
    this.logits = conv('cls_logits', anchorsPerPixel, 1);
    this.boxes = conv('bbox_pred', anchorsPerPixel * 4, 1);
  }

  /** Each [B, H, W, C] of the pyramid. */
  forward(scope: Scope, pyramid: readonly Tensor[]): RpnLevel[] {
    return pyramid.map((features) => {
      const x = relu(this.conv.forward(scope, features));
      const batch = features.shape[0]!;
      return {
        objectness: this.logits.forward(scope, x).reshape([batch, -1]), // (B, H, W, A) -> (B, H·W·A)
        deltas: this.boxes.forward(scope, x).reshape([batch, -1, 4]), // (B, H, W, 4A) -> (B, H·W·A, 4)
      };
    });
  }
}

/** All levels' anchors one after the other. */
export function joinLevels(levels: readonly RpnLevel[]): RpnLevel {
  return {
    objectness: tf.concat(
      levels.map((level) => level.objectness),
      1,
    ),
    deltas: tf.concat(
      levels.map((level) => level.deltas),
      1,
    ),
  };
}
