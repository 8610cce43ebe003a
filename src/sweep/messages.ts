import type { Config } from '../config/schema.js';
import type { RunSummary } from '../run/summary.js';

/** What a worker process is asked to run; the options are those of `runExperiment`. */
export interface JobRequest {
  readonly config: Config;
  readonly options: {
    /** The run's own directory. */
    readonly outDir: string;
    readonly resume: boolean;
    readonly force: boolean;
    readonly lockWaitMs: number;
    readonly maxSteps?: number;
    readonly dataDir?: string;
    readonly compile: boolean;
    readonly verbose: boolean;
    readonly command: string;
  };
}

/** What became of the job. */
export type JobReply =
  | { readonly kind: 'done'; readonly summary: RunSummary }
  | { readonly kind: 'failed'; readonly exitCode: number; readonly message: string };
