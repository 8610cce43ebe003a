import type { CoderWeights } from './box-coder.js';
import { ROI_CODER, RPN_CODER } from './box-coder.js';
import type { MatchOptions, SampleOptions } from './matching.js';

/** A number for training and another for evaluation. */
interface PerMode {
  readonly training: number;
  readonly evaluation: number;
}

/** Everything about proposals and detections that has no weights. */
export interface DetectorOptions {
  /** Side of the square anchor of each level of the pyramid, in pixels. */
  readonly anchorSizes: readonly number[];
  /** Side of a region that pools from the third finest level, in pixels. */
  readonly canonicalSize: number;
  readonly proposals: {
    readonly coder: CoderWeights;
    /** Best anchors of every level that go into suppression, and boxes of an image that come out. */
    readonly before: PerMode;
    readonly after: PerMode;
    readonly suppressionOverlap: number;
    readonly match: MatchOptions;
    readonly sample: SampleOptions;
  };
  readonly regions: {
    readonly coder: CoderWeights;
    readonly match: MatchOptions;
    readonly sample: SampleOptions;
    /** Least score of a detection. */
    readonly score: number;
    readonly suppressionOverlap: number;
    /** Most detections of an image. */
    readonly detections: number;
  };
}

/** torchvision's, for images of 800 pixels. */
export const torchvisionOptions: DetectorOptions = {
  anchorSizes: [32, 64, 128, 256, 512],
  canonicalSize: 224,
  proposals: {
    coder: RPN_CODER,
    before: { training: 2000, evaluation: 1000 },
    after: { training: 2000, evaluation: 1000 },
    suppressionOverlap: 0.7,
    match: { foreground: 0.7, background: 0.3, keepBest: true },
    sample: { size: 256, positiveShare: 0.5 },
  },
  regions: {
    coder: ROI_CODER,
    match: { foreground: 0.5, background: 0.5, keepBest: false },
    sample: { size: 512, positiveShare: 0.25 },
    score: 0.05,
    suppressionOverlap: 0.5,
    detections: 100,
  },
};
