import { gatherRows } from '../../engine/ops/gather-rows.js';
import { sigmoidCrossEntropy } from '../../engine/ops/sigmoid-cross-entropy.js';
import { softmaxCrossEntropy } from '../../engine/ops/softmax-cross-entropy.js';
import { floatTensor } from '../../engine/raw.js';
import { type Tensor, tf } from '../../engine/tf.js';
import type { Regions } from './mask-rcnn.js';
import type { RpnLevel } from './rpn-head.js';

/** Names of torchvision's losses. */
export const LOSS_NAMES = [
  'loss_classifier',
  'loss_box_reg',
  'loss_mask',
  'loss_objectness',
  'loss_rpn_box_reg',
] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** Where the smooth L1 loss turns from a parabola into a line. */
const BETA = 1 / 9;

/** What the network says, for a batch of B images. */
export interface NetworkResults {
  /** All anchors' objectness [B, A] and deltas [B, A, 4]. */
  readonly rpn: RpnLevel;
  /** Logits [B·R, K] and deltas [B·R, K, 4] of regions. */
  boxes(regions: Regions): { readonly logits: Tensor; readonly deltas: Tensor };
  /** Mask logits [B·M, 28, 28, K] of regions. */
  masks(regions: Regions): Tensor;
}

/**
 * The five losses of Faster and Mask R-CNN for the chosen anchors and regions, [B] each. `picks` are those of
 * `trainingPicks`: targets, and weights that leave out padding and make the mean over images torchvision's loss.
 */
export function detectionLosses(
  picks: Readonly<Record<string, Tensor>>,
  { rpn, boxes, masks }: NetworkResults,
): Record<LossName, Tensor> {
  const [batch] = rpn.objectness.shape as [number, number];
  const perImage = (values: Tensor) => values.reshape([batch, -1]).sum(1); // (B·R) or (B, R) -> (B)

  const anchors = picks.anchor_index!;
  const objectness = gatherRows(rpn.objectness.expandDims(2), anchors).squeeze([2]); // [B, S]
  const anchorDeltas = gatherRows(rpn.deltas, anchors); // [B, S, 4]

  const regions = { box: picks.roi_box!, level: picks.roi_level! };
  const { logits, deltas } = boxes(regions);
  const labels = picks.roi_label!.reshape([-1]); // [B·R]
  // (B·R, K, 4) -> the box of the region's own class, (B·R, 4)
  const ownDeltas = gatherRows(deltas, labels.reshape([-1, 1])).squeeze([1]);

  const maskRegions = { box: picks.mask_box!, level: picks.mask_level! };
  const maskLogits = masks(maskRegions); // [B·M, 28, 28, K]
  const [count, size, , classes] = maskLogits.shape as [number, number, number, number];
  const perClass = maskLogits.reshape([count, -1, classes]).transpose([0, 2, 1]); // [B·M, K, 28·28]
  const ownMask = gatherRows(perClass, picks.mask_label!.reshape([-1, 1])).squeeze([1]); // [B·M, 28·28]
  const maskErrors = sigmoidCrossEntropy(ownMask, picks.mask_target!.reshape([count, size * size]));

  return {
    loss_classifier: perImage(softmaxCrossEntropy(logits, labels).mul(picks.roi_weight!.reshape([-1]))),
    loss_box_reg: perImage(
      smoothL1(ownDeltas, picks.roi_box_target!.reshape([-1, 4])).mul(picks.roi_box_weight!.reshape([-1])),
    ),
    loss_mask: perImage(maskErrors.mean(1).mul(picks.mask_weight!.reshape([-1]))),
    loss_objectness: perImage(
      sigmoidCrossEntropy(objectness, picks.anchor_target!).mul(picks.anchor_weight!),
    ),
    loss_rpn_box_reg: perImage(
      smoothL1(anchorDeltas, picks.anchor_box_target!).mul(picks.anchor_box_weight!),
    ),
  };
}

/** Smooth L1 loss summed over the last axis: e²/2β for |e| < β, |e| − β/2 beyond. */
function smoothL1(values: Tensor, targets: Tensor): Tensor {
  const error = values.sub(targets).abs();
  const near = tf.minimum(error, floatTensor(BETA));
  return near
    .mul(error.sub(near.mul(floatTensor(0.5))))
    .div(floatTensor(BETA))
    .sum(-1);
}
