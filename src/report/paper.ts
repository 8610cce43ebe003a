/**
 * Numbers of the paper (Bu and Xu, "Automatic gradient descent with generalized Newton's method",
 * arXiv:2407.02772), typed in as printed. They are never shown as measured here.
 */

/** A data set of Table 2. */
export interface PaperDataset {
  /** Name in a config. */
  readonly name: string;
  readonly label: string;
  readonly epochs: number;
  /** GeN's lazy interval Φ (Appendix B.2.2). */
  readonly phi: number;
}

/** A block of Table 2: one model with its base optimizer. */
export interface PaperModel {
  /** Name in a config. */
  readonly name: string;
  readonly label: string;
  /** Base optimizer in a config, with its learning rate (Appendix B.2.2). */
  readonly optimizer: { readonly name: string; readonly lr: number };
  /** Test accuracy in percent, in the order of the data sets. */
  readonly rows: readonly {
    readonly scheduler: string;
    readonly label: string;
    readonly accuracy: readonly number[];
  }[];
}

/** Images are resized to this many pixels a side (Appendix B.2). */
export const PAPER_IMAGE_SIZE = 224;
/** Logical batch of Table 2 (Appendix B.2.2). */
export const PAPER_BATCH_SIZE = 500;

export const table2Datasets: readonly PaperDataset[] = [
  { name: 'cifar10', label: 'CIFAR10', epochs: 5, phi: 4 },
  { name: 'cifar100', label: 'CIFAR100', epochs: 5, phi: 4 },
  { name: 'food101', label: 'Food101', epochs: 5, phi: 4 },
  { name: 'gtsrb', label: 'GTSRB', epochs: 5, phi: 4 },
  { name: 'svhn', label: 'SVHN', epochs: 5, phi: 4 },
  { name: 'places365', label: 'Places365', epochs: 5, phi: 20 },
  { name: 'inat2021', label: 'INat2021', epochs: 10, phi: 20 },
];

/** Table 2: "Test accuracy of ResNet (optimized by SGD) and ViT (optimized by AdamW)". */
export const table2Models: readonly PaperModel[] = [
  {
    name: 'resnet50',
    label: 'ResNet50',
    optimizer: { name: 'sgd', lr: 0.1 },
    rows: [
      { scheduler: 'gen', label: 'GeN-SGD', accuracy: [96.76, 84.77, 82.43, 97.96, 97.02, 54.24, 44.57] },
      {
        scheduler: 'constant',
        label: 'SGD (constant)',
        accuracy: [95.91, 81.64, 74.24, 95.2, 95.08, 51.09, 33.8],
      },
      {
        scheduler: 'linear',
        label: 'SGD (linear)',
        accuracy: [95.52, 81.67, 75.14, 95.33, 95.34, 50.95, 30.69],
      },
      {
        scheduler: 'cosine',
        label: 'SGD (cosine)',
        accuracy: [95.82, 80.71, 76.39, 95.2, 95.27, 51.15, 31.1],
      },
      { scheduler: 'prodigy', label: 'Prodigy', accuracy: [95.17, 80.39, 80.74, 97.8, 96.23, 50.33, 33.77] },
      {
        scheduler: 'd-adapt',
        label: 'D-Adapt SGD',
        accuracy: [95.2, 80.95, 80.5, 97.38, 95.32, 47.24, 38.0],
      },
    ],
  },
  {
    name: 'vit_base_patch16_224',
    label: 'ViT-base',
    optimizer: { name: 'adamw', lr: 1e-4 },
    rows: [
      { scheduler: 'gen', label: 'GeN-AdamW', accuracy: [98.68, 92.62, 90.48, 99.06, 97.14, 59.8, 66.28] },
      {
        scheduler: 'constant',
        label: 'AdamW (constant)',
        accuracy: [97.49, 89.23, 88.44, 98.54, 96.65, 58.28, 65.62],
      },
      {
        scheduler: 'linear',
        label: 'AdamW (linear)',
        accuracy: [98.48, 92.6, 90.54, 98.74, 97.08, 58.52, 65.43],
      },
      {
        scheduler: 'cosine',
        label: 'AdamW (cosine)',
        accuracy: [98.73, 92.71, 90.46, 98.77, 97.16, 58.19, 67.04],
      },
      { scheduler: 'prodigy', label: 'Prodigy', accuracy: [98.92, 92.49, 90.42, 98.88, 97.13, 57.24, 62.61] },
      {
        scheduler: 'd-adapt',
        label: 'D-Adapt AdamW',
        accuracy: [97.56, 88.11, 89.45, 99.04, 96.77, 56.19, 66.52],
      },
    ],
  },
];

/** Columns of Table 3, in its order; percentages where the paper prints them. */
export const table3Columns: readonly {
  /** Name in eval.csv. */
  readonly metric: string;
  readonly label: string;
  readonly scale: 1 | 100;
  readonly digits: number;
}[] = [
  { metric: 'bleu', label: 'BLEU', scale: 100, digits: 2 },
  { metric: 'rouge_l', label: 'ROUGE-L', scale: 100, digits: 2 },
  { metric: 'nist', label: 'NIST', scale: 1, digits: 4 },
  { metric: 'meteor', label: 'METEOR', scale: 1, digits: 4 },
  { metric: 'cider', label: 'CIDEr', scale: 1, digits: 4 },
];

/** Table 3: "Test performance of GPT2 on E2E dataset (higher the better)". */
export const table3Rows: readonly {
  readonly scheduler: string;
  readonly label: string;
  /** In the order of the columns. */
  readonly values: readonly number[];
}[] = [
  { scheduler: 'gen', label: 'GeN-AdamW', values: [67.3, 67.09, 8.6508, 0.4407, 2.281] },
  { scheduler: 'linear', label: 'AdamW (linear)', values: [66.85, 67.78, 8.4438, 0.4375, 2.2561] },
  { scheduler: 'cosine', label: 'AdamW (cosine)', values: [66.59, 67.35, 8.4511, 0.429, 2.2553] },
  { scheduler: 'constant', label: 'AdamW (constant)', values: [65.95, 66.69, 8.3982, 0.4462, 2.1697] },
  { scheduler: 'inverse-sqrt', label: 'AdamW (inverse-sqrt)', values: [65.1, 66.19, 8.1274, 0.4047, 2.1001] },
  { scheduler: 'inverse', label: 'AdamW (inverse)', values: [64.43, 65.95, 8.0447, 0.401, 2.0792] },
];

/** A task of Table 4 with its settings of Table 6. */
export interface PaperGlueTask {
  /** Name in a config. */
  readonly name: string;
  readonly label: string;
  /** What the paper reports, by its name in summary.json. */
  readonly metric: string;
  readonly batchSize: number;
  /** `full`: of full fine-tuning, where Table 6 has another number for it. */
  readonly epochs: { readonly any: number; readonly full?: number };
  /** First learning rate: of full fine-tuning by Table 6, of LoRA by Table 9 of Hu et al. 2021. */
  readonly lr: { readonly full: number; readonly lora: number };
}

export const table4Tasks: readonly PaperGlueTask[] = [
  {
    ...{ name: 'mnli', label: 'MNLI', metric: 'overall/accuracy', batchSize: 128 },
    epochs: { any: 5, full: 1 },
    lr: { full: 1e-6, lora: 5e-4 },
  },
  {
    ...{ name: 'sst-2', label: 'SST-2', metric: 'accuracy', batchSize: 128 },
    epochs: { any: 10 },
    lr: { full: 1e-6, lora: 5e-4 },
  },
  {
    ...{ name: 'mrpc', label: 'MRPC', metric: 'f1', batchSize: 128 },
    epochs: { any: 10 },
    lr: { full: 2e-5, lora: 4e-4 },
  },
  {
    ...{ name: 'cola', label: 'CoLA', metric: 'matthews', batchSize: 128 },
    epochs: { any: 10 },
    lr: { full: 2e-5, lora: 4e-4 },
  },
  {
    ...{ name: 'qnli', label: 'QNLI', metric: 'accuracy', batchSize: 128 },
    epochs: { any: 10 },
    lr: { full: 2e-5, lora: 4e-4 },
  },
  {
    ...{ name: 'qqp', label: 'QQP', metric: 'f1', batchSize: 256 },
    epochs: { any: 5 },
    lr: { full: 2e-5, lora: 5e-4 },
  },
  {
    ...{ name: 'rte', label: 'RTE', metric: 'accuracy', batchSize: 128 },
    epochs: { any: 60 },
    lr: { full: 2e-5, lora: 5e-4 },
  },
];

/**
 * Table 4: "Test performance of RoBERTa model with different methods on the GLUE benchmark (higher the better)". The
 * numbers beside GeN's are of published papers, with linear warm-up and decay.
 */
export const table4Blocks: readonly {
  /** `model.peft` in a config. */
  readonly peft: 'lora' | 'bitfit' | 'full';
  readonly label: string;
  /** In percent, in the order of the tasks. */
  readonly rows: readonly {
    readonly scheduler: string;
    readonly label: string;
    readonly values: readonly number[];
  }[];
}[] = [
  {
    peft: 'lora',
    label: 'LoRA (0.3 M)',
    rows: [
      { scheduler: 'gen', label: 'GeN-AdamW', values: [86.7, 94.3, 92.1, 63.7, 92.3, 86.9, 79.1] },
      {
        scheduler: 'warmup-linear',
        label: 'AdamW (warmup-linear)',
        values: [87.5, 95.1, 90.8, 63.4, 93.3, 85.3, 86.6],
      },
    ],
  },
  {
    peft: 'bitfit',
    label: 'BitFit (0.1 M)',
    rows: [
      { scheduler: 'gen', label: 'GeN-AdamW', values: [85.1, 94.3, 92.3, 62.5, 91.5, 84.3, 78] },
      {
        scheduler: 'warmup-linear',
        label: 'AdamW (warmup-linear)',
        values: [85, 93.7, 92, 61.8, 91.3, 84.2, 77.8],
      },
    ],
  },
  {
    peft: 'full',
    label: 'full (125.0 M)',
    rows: [
      { scheduler: 'gen', label: 'GeN-AdamW', values: [86.8, 94.7, 92.3, 64.8, 91.9, 88.4, 80.5] },
      {
        scheduler: 'warmup-linear',
        label: 'AdamW (warmup-linear)',
        values: [86.7, 94.2, 92.5, 61.1, 92.3, 88, 77.4],
      },
    ],
  },
];

/** Columns of Table 5: COCO's average precision of all objects and of those of a size, by the end of its name in eval.csv. */
export const table5Columns = [
  { suffix: 'ap', label: 'AP' },
  { suffix: 'ap_s', label: 'AP_s' },
  { suffix: 'ap_m', label: 'AP_m' },
  { suffix: 'ap_l', label: 'AP_l' },
] as const;

/** Mean and standard deviation, as printed. */
export type PaperStatistic = readonly [mean: number, std: number];

/**
 * Table 5: "Average precision of Mask R-CNN (higher the better)", Penn-Fudan; "manual" is "a linearly warm-up then
 * constant learning rate" (Section 6.3).
 */
export const table5Blocks: readonly {
  /** What the names of the metrics begin with. */
  readonly kind: 'box' | 'mask';
  readonly label: string;
  readonly rows: readonly {
    readonly scheduler: string;
    readonly label: string;
    /** In the order of the columns. */
    readonly values: readonly PaperStatistic[];
  }[];
}[] = [
  {
    kind: 'box',
    label: 'object detection',
    rows: [
      {
        ...{ scheduler: 'gen', label: 'GeN-SGD' },
        values: [
          [0.805, 0.038],
          [0.452, 0.002],
          [0.624, 0.082],
          [0.813, 0.032],
        ],
      },
      {
        ...{ scheduler: 'warmup-constant', label: 'SGD (manual)' },
        values: [
          [0.802, 0.025],
          [0.368, 0.013],
          [0.586, 0.079],
          [0.819, 0.017],
        ],
      },
    ],
  },
  {
    kind: 'mask',
    label: 'instance segmentation',
    rows: [
      {
        ...{ scheduler: 'gen', label: 'GeN-SGD' },
        values: [
          [0.771, 0.019],
          [0.432, 0.01],
          [0.518, 0.104],
          [0.781, 0.015],
        ],
      },
      {
        ...{ scheduler: 'warmup-constant', label: 'SGD (manual)' },
        values: [
          [0.768, 0.022],
          [0.388, 0.029],
          [0.455, 0.092],
          [0.783, 0.02],
        ],
      },
    ],
  },
];

/** Table 7: columns of the metrics by their names in eval.csv. */
export const table7Metrics = ['recall', 'ndcg'].flatMap((name) => [1, 5, 10, 20].map((k) => `${name}@${k}`));

/** Table 7: "Performance of top K recommendations", BERT4Rec on MovieLens-1M; Appendix B.5. */
export const table7Rows: readonly {
  readonly scheduler: string;
  readonly label: string;
  readonly batchSize: number;
  /** In the order of the metrics. */
  readonly values: readonly number[];
}[] = [
  {
    scheduler: 'gen',
    label: 'GeN-Adam',
    batchSize: 1024,
    values: [0.405, 0.72, 0.821, 0.9, 0.405, 0.575, 0.607, 0.627],
  },
  {
    scheduler: 'constant',
    label: 'Adam (constant)',
    batchSize: 1024,
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: a recall, not ln 2
    values: [0.374, 0.693, 0.796, 0.883, 0.374, 0.546, 0.58, 0.602],
  },
  {
    scheduler: 'constant',
    label: 'Adam (constant)',
    batchSize: 128,
    values: [0.397, 0.718, 0.82, 0.895, 0.397, 0.57, 0.603, 0.622],
  },
];
