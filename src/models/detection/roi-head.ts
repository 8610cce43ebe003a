import { biasAdd } from '../../engine/ops/bias-add.js';
import { conv2dTranspose } from '../../engine/ops/conv2d-transpose.js';
import { relu } from '../../engine/ops/relu.js';
import type { Parameter } from '../../engine/parameters.js';
import type { Tensor } from '../../engine/tf.js';
import { BiasedConv2d } from '../layers/biased-conv2d.js';
import type { ParameterBuilder } from '../layers/builder.js';
import { fanInUniform, kaimingNormal } from '../layers/initializers.js';
import { Linear } from '../layers/linear.js';
import type { Scope } from '../layers/scope.js';

/** Side of what is pooled for boxes and for masks, and of the masks themselves, in bins. */
export const BOX_POOL = 7;
export const MASK_POOL = 14;
export const MASK_SIZE = 2 * MASK_POOL;

/** Class and box of every region, `box_head` (TwoMLPHead) and `box_predictor` (FastRCNNPredictor) in torchvision. */
export class BoxHead {
  readonly predictors: readonly Parameter[];
  private readonly fc6: Linear;
  private readonly fc7: Linear;
  private readonly classes: Linear;
  private readonly boxes: Linear;

  constructor(builder: ParameterBuilder, channels: number, hidden: number, numClasses: number) {
    const head = builder.at('box_head');
    this.fc6 = new Linear(head.at('fc6'), channels * BOX_POOL ** 2, hidden);
    this.fc7 = new Linear(head.at('fc7'), hidden, hidden);
    const predictor = builder.at('box_predictor');
    this.classes = new Linear(predictor.at('cls_score'), hidden, numClasses);
    this.boxes = new Linear(predictor.at('bbox_pred'), hidden, numClasses * 4);
    this.predictors = [this.classes, this.boxes].flatMap(({ weight, bias }) => [weight, bias]);
  }

  /** Pooled features [N, 7, 7, C] -> logits [N, K] and encoded boxes [N, K, 4], one a class. */
  forward(scope: Scope, pooled: Tensor): { readonly logits: Tensor; readonly deltas: Tensor } {
    const count = pooled.shape[0]!;
    // (N, 7, 7, C) -> (N, C·7·7), PyTorch's order
    let x = pooled.transpose([0, 3, 1, 2]).reshape([count, -1]);
    x = relu(this.fc7.forward(scope, relu(this.fc6.forward(scope, x))));
    return {
      logits: this.classes.forward(scope, x),
      deltas: this.boxes.forward(scope, x).reshape([count, -1, 4]),
    };
  }
}

const MASK_CONVOLUTIONS = 4;

/** Mask of every region and class, `mask_head` and `mask_predictor` in torchvision. */
export class MaskHead {
  readonly predictors: readonly Parameter[];
  private readonly convolutions: readonly BiasedConv2d[];
  private readonly upWeight: Parameter;
  private readonly upBias: Parameter;
  private readonly logits: BiasedConv2d;

  constructor(builder: ParameterBuilder, channels: number, hidden: number, numClasses: number) {
    this.convolutions = Array.from({ length: MASK_CONVOLUTIONS }, (_, i) => {
      const inputs = i === 0 ? channels : hidden;
      return new BiasedConv2d(builder.at('mask_head').at(i).at(0), {
        ...{ inputs, outputs: hidden, size: 3 },
        initialWeight: kaimingNormal(9 * hidden),
      });
    });
    const predictor = builder.at('mask_predictor');
    const up = predictor.at('conv5_mask');
    // PyTorch's fan-in and fan-out of a transposed convolution are 4·hidden both here
    this.upWeight = up.parameter('weight', [2, 2, hidden, hidden], kaimingNormal(4 * hidden), 'conv');
    this.upBias = up.parameter('bias', [hidden], fanInUniform(4 * hidden));
    this.logits = new BiasedConv2d(predictor.at('mask_fcn_logits'), {
      ...{ inputs: hidden, outputs: numClasses, size: 1 },
      initialWeight: kaimingNormal(numClasses),
      initialBias: fanInUniform(hidden),
    });
    this.predictors = [this.upWeight, this.upBias, this.logits.weight, this.logits.bias];
  }

  /** Pooled features [N, 14, 14, C] -> logits [N, 28, 28, K]. */
  forward(scope: Scope, pooled: Tensor): Tensor {
    let x = pooled;
    for (const conv of this.convolutions) x = relu(conv.forward(scope, x));
    const up = conv2dTranspose(x, scope.get(this.upWeight), 2);
    return this.logits.forward(scope, relu(biasAdd(up, scope.get(this.upBias))));
  }
}
