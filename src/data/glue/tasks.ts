/**
 * The seven GLUE tasks of the paper's Table 4 (Wang et al. 2019, arXiv:1804.07461): where their own TSV files lie and
 * what the columns are. GLUE keeps the test labels to itself, so the development sets are the test splits here, as in
 * the paper.
 */
export interface GlueTask {
  /** Name in a config. */
  readonly name: string;
  readonly description: string;
  /** Folder of the files, as GLUE's download script names it. */
  readonly folder: string;
  /** Id in datasets/manifest.yaml. */
  readonly source: string;
  readonly train: string;
  /** File of every test split by its name; the first is `test`. */
  readonly tests: Readonly<Record<string, string>>;
  /** Columns by the names in the file's first line, or by position where it has none (`columns`). */
  readonly first: string;
  readonly second?: string;
  readonly label: string;
  /** Names of the columns of a file without a first line that names them. */
  readonly columns?: readonly string[];
  /** What the label column holds, in the order of the class indices (that of Hugging Face's `glue`). */
  readonly labels: readonly string[];
  /** Examples in the official files. */
  readonly trainSize: number;
  readonly testSize: number;
}

const dev = { train: 'train.tsv', tests: { test: 'dev.tsv' } } as const;
const NLI = ['entailment', 'not_entailment'] as const;

export const glueTasks = [
  {
    name: 'cola',
    description: 'GLUE CoLA: is a sentence grammatical? 8,551 + 1,043 sentences',
    folder: 'CoLA',
    source: 'glue-cola',
    ...dev,
    first: 'sentence',
    label: 'label',
    columns: ['source', 'label', 'judgement', 'sentence'],
    labels: ['0', '1'],
    trainSize: 8551,
    testSize: 1043,
  },
  {
    name: 'sst-2',
    description: 'GLUE SST-2: negative or positive? 67,349 + 872 pieces of film reviews',
    folder: 'SST-2',
    source: 'glue-sst-2',
    ...dev,
    first: 'sentence',
    label: 'label',
    labels: ['0', '1'],
    trainSize: 67_349,
    testSize: 872,
  },
  {
    name: 'mrpc',
    description: 'GLUE MRPC: do two sentences say the same? 3,668 + 408 pairs from the news',
    folder: 'MRPC',
    source: 'glue-mrpc',
    ...dev,
    first: '#1 String',
    second: '#2 String',
    label: 'Quality',
    labels: ['0', '1'],
    trainSize: 3668,
    testSize: 408,
  },
  {
    name: 'qqp',
    description: 'GLUE QQP: do two questions ask the same? 363,846 + 40,430 pairs from Quora',
    folder: 'QQP',
    source: 'glue-qqp',
    ...dev,
    first: 'question1',
    second: 'question2',
    label: 'is_duplicate',
    labels: ['0', '1'],
    trainSize: 363_846,
    testSize: 40_430,
  },
  {
    name: 'qnli',
    description: 'GLUE QNLI: does a sentence answer the question? 104,743 + 5,463 pairs from SQuAD',
    folder: 'QNLI',
    source: 'glue-qnli',
    ...dev,
    first: 'question',
    second: 'sentence',
    label: 'label',
    labels: NLI,
    trainSize: 104_743,
    testSize: 5463,
  },
  {
    name: 'rte',
    description: 'GLUE RTE: does the first text entail the second? 2,490 + 277 pairs',
    folder: 'RTE',
    source: 'glue-rte',
    ...dev,
    first: 'sentence1',
    second: 'sentence2',
    label: 'label',
    labels: NLI,
    trainSize: 2490,
    testSize: 277,
  },
  {
    name: 'mnli',
    description: 'GLUE MNLI: entailment, neutral or contradiction? 392,702 pairs, 9,815 + 9,832 to test',
    folder: 'MNLI',
    source: 'glue-mnli',
    train: 'train.tsv',
    tests: { test: 'dev_matched.tsv', mismatched: 'dev_mismatched.tsv' },
    first: 'sentence1',
    second: 'sentence2',
    label: 'gold_label',
    labels: ['entailment', 'neutral', 'contradiction'],
    trainSize: 392_702,
    testSize: 9815,
  },
] as const satisfies readonly GlueTask[];
