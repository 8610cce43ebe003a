import { z } from 'zod';
import { UsageError } from '../errors.js';
import { MaskRcnn } from './detection/mask-rcnn.js';
import { type DetectorOptions, torchvisionOptions } from './detection/options.js';
import { defineModel, type ModelContext } from './types.js';

function classesOf(name: string, { numClasses }: ModelContext): number {
  if (numClasses === undefined) {
    throw new UsageError(
      `model ${name} detects objects: its dataset must have classes (with the background).`,
    );
  }
  return numClasses;
}

/** torchvision divides by the deviation alone in models with the COCO weights, and by √(σ² + 1e-5) in others. */
const epsilon = { pretrained: 0, fresh: 1e-5 } as const;

export const maskrcnn_resnet50_fpn = defineModel({
  name: 'maskrcnn_resnet50_fpn',
  description: "Mask R-CNN with ResNet-50 and a feature pyramid, 44.4 M parameters, torchvision's names",
  options: z.strictObject({
    pretrained: z.boolean().default(false).describe("start from torchvision's COCO weights"),
    trainable_backbone_layers: z
      .int()
      .min(0)
      .max(5)
      .default(3)
      .describe('parts of the backbone that are trained, of five, the last first'),
    norm: z
      .enum(['frozen', 'batch'])
      .default('frozen')
      .describe("the backbone's normalisation: fixed statistics, or the batch's (for training from scratch)"),
  }),
  create: ({ pretrained, trainable_backbone_layers, norm }, context) =>
    new MaskRcnn({
      name: 'maskrcnn_resnet50_fpn',
      seed: context.seed,
      numClasses: classesOf('maskrcnn_resnet50_fpn', context),
      backbone: {
        block: 'bottleneck',
        depths: [3, 4, 6, 3],
        width: 64,
        norm: { kind: norm, epsilon: pretrained ? epsilon.pretrained : epsilon.fresh },
        trainableLayers: trainable_backbone_layers,
      },
      channels: 256,
      hidden: 1024,
      detector: torchvisionOptions,
    }),
});

/** For images of some 128 pixels: anchors and regions a quarter of torchvision's, and fewer of them. */
const smallOptions: DetectorOptions = {
  ...torchvisionOptions,
  anchorSizes: [8, 16, 32, 64, 128],
  canonicalSize: 56,
  proposals: {
    ...torchvisionOptions.proposals,
    before: { training: 500, evaluation: 250 },
    after: { training: 500, evaluation: 250 },
    sample: { size: 64, positiveShare: 0.5 },
  },
  regions: {
    ...torchvisionOptions.regions,
    sample: { size: 64, positiveShare: 0.25 },
    detections: 20,
  },
};

export const maskrcnn_small_fpn = defineModel({
  name: 'maskrcnn_small_fpn',
  description: 'small Mask R-CNN for images of some 128 pixels, trained from scratch',
  options: z.strictObject({
    pretrained: z
      .literal(false, { error: 'maskrcnn_small_fpn has no published weights; leave pretrained out or false' })
      .default(false),
    width: z.int().min(4).max(64).default(16).describe("channels of the backbone's first stage"),
    channels: z.int().min(8).max(256).default(48).describe('channels of the pyramid and the mask head'),
    hidden: z.int().min(16).max(1024).default(128).describe('width of the box head'),
  }),
  create: ({ width, channels, hidden }, context) =>
    new MaskRcnn({
      name: 'maskrcnn_small_fpn',
      seed: context.seed,
      numClasses: classesOf('maskrcnn_small_fpn', context),
      backbone: {
        block: 'basic',
        depths: [1, 1, 1, 1],
        width,
        norm: { kind: 'batch', epsilon: epsilon.fresh },
        trainableLayers: 5,
      },
      channels,
      hidden,
      detector: smallOptions,
    }),
});
