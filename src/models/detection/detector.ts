import type { HostBatch } from '../../data/types.js';
import { type CompiledFunction, compile } from '../../engine/compile.js';
import { disposeAll } from '../../engine/parameters.js';
import { floatTensor, readFloats } from '../../engine/raw.js';
import { type Tensor, tf } from '../../engine/tf.js';
import { disposeTree } from '../../engine/tree.js';
import { Scope } from '../layers/scope.js';
import { type AnchorGrid, anchorGrid } from './anchors.js';
import { type Boxes, boxCount } from './boxes.js';
import { type RegionScores, selectDetections } from './detections.js';
import { type MaskRcnn, REGION_LEVELS, type Regions } from './mask-rcnn.js';
import type { Sampler } from './matching.js';
import { type Truth, trainingPicks } from './picks.js';
import { type Candidates, regionLevels, selectProposals } from './proposals.js';
import { MASK_SIZE } from './roi-head.js';
import type { RpnLevel } from './rpn-head.js';

/** What was found in an image, best first. */
export interface Detections {
  /** [N, 4]: left, top, right, bottom in pixels of the resized image */
  readonly boxes: Boxes;
  /** Classes, [N] */
  readonly labels: Int32Array;
  /** [N] */
  readonly scores: Float32Array;
  /** Probabilities that a pixel of the box belongs to the object, [N, 28, 28] */
  readonly masks: Float32Array;
}

type StageInputs = {
  /** Parameters, then statistics. */
  readonly weights: readonly Tensor[];
  /** [B, H, W, 3] */
  readonly image: Tensor;
};

type Pyramid = readonly Tensor[];
type RegionInputs = {
  readonly weights: readonly Tensor[];
  readonly pyramid: Pyramid;
  readonly regions: Regions;
};

/**
 * Mask R-CNN with its choices. Between pure, compiled functions of fixed shapes the host decodes boxes, suppresses,
 * samples: proposals are padded to the most there can be. Batches are those of detection data sets (`image`,
 * `image_size`, and for training `box`, `label`, `instance`).
 */
export class Detector {
  private readonly propose: {
    readonly training: CompiledFunction<StageInputs, RpnLevel[]>;
    readonly evaluation: CompiledFunction<StageInputs, RpnLevel[]>;
  };
  private readonly features: CompiledFunction<
    StageInputs,
    { readonly levels: RpnLevel[]; readonly pyramid: Pyramid }
  >;
  private readonly classify: CompiledFunction<
    RegionInputs,
    { readonly scores: Tensor; readonly deltas: Tensor }
  >;
  private readonly segment: CompiledFunction<RegionInputs, Tensor>;
  /** Anchors by the size of the padded image. */
  private readonly grids = new Map<string, AnchorGrid>();

  constructor(private readonly model: MaskRcnn) {
    const proposeIn = (training: boolean) => (inputs: StageInputs) => {
      const scope = this.scope(inputs.weights, training);
      return model.proposals(scope, model.pyramid(scope, inputs.image));
    };
    this.propose = {
      training: compile('proposals', proposeIn(true)),
      evaluation: compile('proposals in evaluation', proposeIn(false)),
    };
    this.features = compile('features', ({ weights, image }: StageInputs) => {
      const scope = this.scope(weights, false);
      const pyramid = model.pyramid(scope, image);
      return { levels: model.proposals(scope, pyramid), pyramid: pyramid.slice(0, REGION_LEVELS) };
    });
    this.classify = compile('classes of regions', ({ weights, pyramid, regions }: RegionInputs) => {
      const { logits, deltas } = model.boxes(this.scope(weights, false), pyramid, regions);
      return { scores: tf.softmax(logits), deltas };
    });
    this.segment = compile('masks of regions', ({ weights, pyramid, regions }: RegionInputs) =>
      tf.sigmoid(model.masks(this.scope(weights, false), pyramid, regions)),
    );
  }

  /**
   * The picks of a batch at these weights, for `MaskRcnn.losses`.
   *
   * @param weights parameters, then statistics; not disposed
   * @param training whether proposals are those of training: more of them, BatchNorm by the batch
   */
  picks(weights: readonly Tensor[], batch: HostBatch, training: boolean, sampler: Sampler): HostBatch {
    const image = imageTensor(batch);
    const levels = (training ? this.propose.training : this.propose.evaluation)({ weights, image });
    image.dispose();
    const grid = this.grid(batch);
    const proposals = this.proposals(levels, batch, grid, training);
    return trainingPicks(batch, truthsOf(batch), proposals, grid.boxes, sampler, this.model.detector);
  }

  /** What the network finds in every image of a batch. */
  detect(weights: readonly Tensor[], batch: HostBatch): Detections[] {
    const image = imageTensor(batch);
    const { levels, pyramid } = this.features({ weights, image });
    image.dispose();
    const proposals = this.proposals(levels, batch, this.grid(batch), false);
    const scored = this.scoreRegions(weights, pyramid, proposals);
    const found = scored.map((scores, i) => selectDetections(scores, sizeOf(batch, i), this.model.detector));
    const masks = this.masksOf(weights, pyramid, found);
    disposeAll(pyramid);
    return found.map((one, i) => ({ ...one, masks: masks[i]! }));
  }

  dispose(): void {
    for (const stage of [...Object.values(this.propose), this.features, this.classify, this.segment]) {
      stage.dispose();
    }
  }

  private scope(weights: readonly Tensor[], training: boolean): Scope {
    const { parameters, statistics } = this.model;
    return new Scope([...parameters, ...statistics], weights, { training, trackStatistics: false });
  }

  private grid(batch: HostBatch): AnchorGrid {
    const [, height, width] = batch.image!.shape as [number, number, number, number];
    const key = `${height} ${width}`;
    const known = this.grids.get(key);
    if (known) return known;
    const sizes = this.model.detector.anchorSizes;
    const levels = sizes.map((_, i): [number, number] => {
      const stride = 4 * 2 ** i;
      return [Math.ceil(height / stride), Math.ceil(width / stride)];
    });
    const grid = anchorGrid(sizes, levels, [height, width]);
    this.grids.set(key, grid);
    return grid;
  }

  /** Of every image; disposes the levels. */
  private proposals(levels: RpnLevel[], batch: HostBatch, grid: AnchorGrid, training: boolean): Boxes[] {
    const counts = this.model.candidateCounts(grid.counts, training);
    const total = counts.reduce((sum, count) => sum + count, 0);
    // Outside the compiled functions, whose replays are compared with eager runs: ranks turn on the last bit.
    const candidates = tf.tidy(() => this.model.candidates(levels, training));
    disposeTree(levels);
    const scores = Float32Array.from(readFloats(candidates.scores));
    const anchors = candidates.anchors.dataSync() as Int32Array;
    const deltas = Float32Array.from(readFloats(candidates.deltas));
    disposeTree(candidates);
    return Array.from({ length: batch.image!.shape[0]! }, (_, i) => {
      const own: Candidates = {
        scores: scores.subarray(i * total, (i + 1) * total),
        anchors: anchors.subarray(i * total, (i + 1) * total),
        deltas: deltas.subarray(4 * i * total, 4 * (i + 1) * total),
        counts,
      };
      return selectProposals(own, grid, sizeOf(batch, i), training, this.model.detector);
    });
  }

  private scoreRegions(
    weights: readonly Tensor[],
    pyramid: Pyramid,
    proposals: readonly Boxes[],
  ): RegionScores[] {
    const { numClasses, detector } = this.model;
    const most = detector.proposals.after.evaluation;
    const regions = this.regions(proposals, most);
    const { scores, deltas } = this.classify({ weights, pyramid, regions });
    disposeTree(regions);
    const allScores = Float32Array.from(readFloats(scores));
    const allDeltas = Float32Array.from(readFloats(deltas));
    disposeAll([scores, deltas]);
    return proposals.map((boxes, i) => {
      const start = i * most * numClasses;
      const end = start + boxCount(boxes) * numClasses;
      return {
        proposals: boxes,
        scores: allScores.subarray(start, end),
        deltas: allDeltas.subarray(4 * start, 4 * end),
        numClasses,
      };
    });
  }

  private masksOf(
    weights: readonly Tensor[],
    pyramid: Pyramid,
    found: readonly Omit<Detections, 'masks'>[],
  ): Float32Array[] {
    const { numClasses, detector } = this.model;
    const most = detector.regions.detections;
    const regions = this.regions(
      found.map(({ boxes }) => boxes),
      most,
    );
    const probabilities = this.segment({ weights, pyramid, regions }); // [B·D, 28, 28, K]
    disposeTree(regions);
    const values = readFloats(probabilities);
    probabilities.dispose();
    const pixels = MASK_SIZE ** 2;
    return found.map(({ labels }, image) => {
      const masks = new Float32Array(labels.length * pixels);
      labels.forEach((label, i) => {
        const start = (image * most + i) * pixels;
        for (let p = 0; p < pixels; p++) masks[i * pixels + p] = values[(start + p) * numClasses + label]!;
      });
      return masks;
    });
  }

  /** Boxes of every image, padded to `most`. */
  private regions(images: readonly Boxes[], most: number): Regions {
    const boxes = new Float32Array(images.length * most * 4);
    const levels = new Int32Array(images.length * most);
    images.forEach((own, i) => {
      boxes.set(own, i * most * 4);
      levels.set(regionLevels(own, REGION_LEVELS, this.model.detector.canonicalSize), i * most);
    });
    return {
      box: floatTensor(boxes, [images.length, most, 4]),
      level: tf.tensor2d(levels, [images.length, most], 'int32'),
    };
  }
}

function imageTensor(batch: HostBatch): Tensor {
  const { shape, data } = batch.image!;
  return floatTensor(data as Float32Array, [...shape]);
}

/** Height and width of an image of the batch without padding. */
function sizeOf(batch: HostBatch, image: number): [number, number] {
  const { data } = batch.image_size!;
  return [data[2 * image]!, data[2 * image + 1]!];
}

function truthsOf({ box, label, instance }: HostBatch): Truth[] {
  const [images, most] = label!.shape as [number, number];
  const pixels = instance!.data.length / images;
  return Array.from({ length: images }, (_, i) => {
    const labels = (label!.data as Int32Array).subarray(i * most, (i + 1) * most);
    const count = labels.indexOf(0);
    const objects = count < 0 ? most : count;
    return {
      boxes: (box!.data as Float32Array).subarray(4 * i * most, 4 * (i * most + objects)),
      labels: labels.subarray(0, objects),
      instances: (instance!.data as Int32Array).subarray(i * pixels, (i + 1) * pixels),
    };
  });
}
