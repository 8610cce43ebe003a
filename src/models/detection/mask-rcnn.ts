import { roiAlign } from '../../engine/ops/roi-align.js';
import type { Parameter } from '../../engine/parameters.js';
import { FLOAT, INT32, rawOp, rawOp1 } from '../../engine/raw.js';
import { type Tensor, tf } from '../../engine/tf.js';
import { ParameterBuilder } from '../layers/builder.js';
import type { Scope } from '../layers/scope.js';
import type { Model } from '../types.js';
import type { WeightSource } from '../weights.js';
import { ANCHORS_PER_PIXEL } from './anchors.js';
import { Backbone, type BackboneOptions } from './backbone.js';
import { FeaturePyramid } from './fpn.js';
import { detectionLosses, LOSS_NAMES, type LossName } from './losses.js';
import type { DetectorOptions } from './options.js';
import { renameOldWeights } from './rename-weights.js';
import { BOX_POOL, BoxHead, MASK_POOL, MaskHead } from './roi-head.js';
import { joinLevels, RpnHead, type RpnLevel } from './rpn-head.js';

export interface MaskRcnnOptions {
  readonly name: string;
  readonly seed: number;
  /** Classes of objects and, as class 0, the background. */
  readonly numClasses: number;
  readonly backbone: BackboneOptions;
  /** Channels of the feature pyramid and of the mask head. */
  readonly channels: number;
  /** Width of the box head. */
  readonly hidden: number;
  readonly detector: DetectorOptions;
}

/** Sizes of the pyramid's levels against the image, those that regions pool from. */
const SCALES = [1 / 4, 1 / 8, 1 / 16, 1 / 32];
export const REGION_LEVELS = SCALES.length;

/** Regions of a batch, as tensors. */
export type Regions = {
  /** [B, R, 4], left, top, right, bottom in pixels of the padded image */
  readonly box: Tensor;
  /** int32 [B, R], the level to pool from */
  readonly level: Tensor;
};

/** The best anchors of every level, see `Candidates`: [B, K], int32 [B, K] and [B, K, 4]. */
export type CandidateTensors = {
  readonly scores: Tensor;
  readonly anchors: Tensor;
  readonly deltas: Tensor;
};

/**
 * Mask R-CNN (He et al. 2017, arXiv:1703.06870) with a feature pyramid: names, shapes and numbers are those of
 * torchvision's `MaskRCNN`.
 *
 * Its choices (proposals, samples, suppression) depend on the data and are made on the host; `Detector` puts them
 * together with the pure functions here, whose shapes they leave alone.
 */
export class MaskRcnn implements Model {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Parameter[];
  readonly head: readonly Parameter[];
  readonly numClasses: number;
  readonly detector: DetectorOptions;
  private readonly body: Backbone;
  private readonly fpn: FeaturePyramid;
  private readonly rpn: RpnHead;
  private readonly boxHead: BoxHead;
  private readonly maskHead: MaskHead;

  constructor(options: MaskRcnnOptions) {
    const { name, seed, numClasses, channels, hidden } = options;
    const builder = new ParameterBuilder(seed, 'timm');
    this.name = name;
    this.numClasses = numClasses;
    this.detector = options.detector;
    this.body = new Backbone(builder.at('backbone.body'), options.backbone);
    this.fpn = new FeaturePyramid(builder.at('backbone.fpn'), this.body.channels, channels);
    this.rpn = new RpnHead(builder.at('rpn.head'), channels, ANCHORS_PER_PIXEL);
    const heads = builder.at('roi_heads');
    this.boxHead = new BoxHead(heads, channels, hidden, numClasses);
    this.maskHead = new MaskHead(heads, channels, channels, numClasses);
    this.parameters = builder.parameters;
    this.statistics = builder.statistics;
    this.head = [...this.boxHead.predictors, ...this.maskHead.predictors];
  }

  /**
   * The sum of the five losses of every image, [B]: torchvision's, times the image's part in them, so that their mean
   * is torchvision's. Inputs are a batch of `trainingPicks`.
   */
  forward(scope: Scope, inputs: Readonly<Record<string, Tensor>>): Tensor {
    const losses = this.losses(scope, inputs);
    return tf.addN(LOSS_NAMES.map((name) => losses[name]));
  }

  /** Each of the five losses of every image, [B]. */
  losses(scope: Scope, inputs: Readonly<Record<string, Tensor>>): Record<LossName, Tensor> {
    const pyramid = this.pyramid(scope, inputs.image!);
    return detectionLosses(inputs, {
      rpn: joinLevels(this.proposals(scope, pyramid)),
      boxes: (regions) => this.boxes(scope, pyramid, regions),
      masks: (regions) => this.masks(scope, pyramid, regions),
    });
  }

  /** Normalised images [B, H, W, 3] -> features of the five levels, [B, H/4, W/4, C] to [B, H/64, W/64, C]. */
  pyramid(scope: Scope, image: Tensor): Tensor[] {
    return this.fpn.forward(scope, this.body.forward(scope, image));
  }

  /** What the region proposal network says of the anchors of every level of the pyramid. */
  proposals(scope: Scope, pyramid: readonly Tensor[]): RpnLevel[] {
    return this.rpn.forward(scope, pyramid);
  }

  /** The anchors of every level with the highest scores, as many as go into suppression. */
  candidates(levels: readonly RpnLevel[], training: boolean): CandidateTensors {
    const { before } = this.detector.proposals;
    const best = levels.map((level) => bestAnchors(level, training ? before.training : before.evaluation));
    const join = (part: keyof CandidateTensors) =>
      tf.concat(
        best.map((level) => level[part]),
        1,
      );
    return { scores: tf.sigmoid(join('scores')), anchors: join('anchors'), deltas: join('deltas') };
  }

  /** How many candidates are of each level. */
  candidateCounts(anchorCounts: readonly number[], training: boolean): number[] {
    const { before } = this.detector.proposals;
    return anchorCounts.map((count) => Math.min(count, training ? before.training : before.evaluation));
  }

  /** Logits [N, K] and encoded boxes [N, K, 4] of a batch's N = B·R regions. */
  boxes(scope: Scope, pyramid: readonly Tensor[], regions: Regions) {
    return this.boxHead.forward(scope, this.pool(pyramid, regions, BOX_POOL));
  }

  /** Logits of masks [N, 28, 28, K] of a batch's N = B·R regions. */
  masks(scope: Scope, pyramid: readonly Tensor[], regions: Regions): Tensor {
    return this.maskHead.forward(scope, this.pool(pyramid, regions, MASK_POOL));
  }

  importWeights(weights: WeightSource): WeightSource {
    return renameOldWeights(weights);
  }

  dispose(): void {
    for (const parameter of [...this.parameters, ...this.statistics]) parameter.dispose();
  }

  private pool(pyramid: readonly Tensor[], { box, level }: Regions, size: number): Tensor {
    const [batch, regions] = box.shape as [number, number, number];
    const index = tf.range(0, batch * regions, 1, 'int32');
    const levels = SCALES.map((scale, i) => ({ features: pyramid[i]!, scale }));
    return roiAlign(
      levels,
      {
        boxes: box.reshape([-1, 4]), // (B, R, 4) -> (B·R, 4)
        level: level.reshape([-1]),
        image: tf.floorDiv(index, tf.scalar(regions, 'int32')),
      },
      size,
    );
  }
}

/** The `most` anchors with the highest logits, best first. */
function bestAnchors({ objectness, deltas }: RpnLevel, most: number): CandidateTensors {
  const count = tf.scalar(Math.min(most, objectness.shape[1]!), 'int32');
  const [scores, anchors] = rawOp(
    'TopKV2',
    [objectness, count],
    { T: FLOAT, Tk: INT32, index_type: INT32, sorted: true },
    2,
  ) as [Tensor, Tensor];
  const attributes = { Tparams: FLOAT, Tindices: INT32, Taxis: INT32, batch_dims: { int: 1 } };
  const chosen = rawOp1('GatherV2', [deltas, anchors, tf.scalar(1, 'int32')], attributes);
  return { scores, anchors, deltas: chosen };
}
