import { setImmediate } from 'node:timers/promises';
import { configHash, stringifyConfig } from '../config/output.js';
import type { Config } from '../config/schema.js';
import { createLoader } from '../data/loader.js';
import type { Dataset, HostBatch } from '../data/types.js';
import { compileMode } from '../engine/compile.js';
import { takePeakTensorBytes } from '../engine/memory.js';
import { loadEngine } from '../engine/tf.js';
import { DivergedError, InterruptedError } from '../errors.js';
import type { Model } from '../models/types.js';
import { systemFailure } from '../system-failure.js';
import type { Task } from '../tasks/task.js';
import { buildDataset, buildMethod, buildModel, buildTask, loadPretrained } from './build.js';
import { type CheckpointState, restoreCheckpoint, saveCheckpoint } from './checkpoint.js';
import { EVAL_COLUMNS, LANDSCAPE_COLUMNS, METRICS_COLUMNS } from './columns.js';
import { CsvFile } from './csv.js';
import { readMetrics } from './csv-read.js';
import { openRunDirectory, type RunFiles, writeWhole } from './directory.js';
import { evaluate } from './evaluation.js';
import { Landscape } from './landscape.js';
import type { Method } from './method.js';
import { Objective } from './objective.js';
import { type Progress, silentProgress, terminalProgress } from './progress.js';
import { checkSameData, provenance } from './provenance.js';
import { recordedThreads } from './recorded-threads.js';
import { metricsRow, summarise } from './rows.js';
import { RunProfile } from './run-profile.js';
import { type RunSummary, writeSummary } from './summary.js';
import { TensorBoardLog } from './tensorboard.js';

export interface ExperimentOptions {
  /** The run's directory. */
  readonly outDir: string;
  /** Go on after the last checkpoint, if there is one. */
  readonly resume: boolean;
  /** Discard a run that is there. */
  readonly force: boolean;
  /** How long to wait for another process that has the directory; default: not at all. */
  readonly lockWaitMs?: number;
  /** Stop after this many steps in all. */
  readonly maxSteps?: number;
  readonly dataDir?: string;
  /** false: run every op eagerly. */
  readonly compile: boolean;
  readonly verbose: boolean;
  /** Asks for a profile: is told where the time of a few steps goes; their trace is in profile.json. */
  readonly profile?: (text: string) => void;
  /** The command line, for provenance.json. */
  readonly command: string;
  /** Aborting it stops the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Show progress on standard error; default false. */
  readonly progress?: boolean;
}

/** A loss this many times the first step's (or 1) counts as exploded. */
const EXPLOSION_FACTOR = 1e6;

/**
 * Trains as the config says and writes the run's directory.
 *
 * @returns the summary, also in summary.json
 * @throws DivergedError when the loss is NaN, infinite or exploded; InterruptedError after an abort; UsageError when
 *   the directory is taken; MissingError when data, weights or the engine are missing. Rows written so far are kept.
 */
export async function runExperiment(config: Config, options: ExperimentOptions): Promise<RunSummary> {
  const { files, release } = await openRunDirectory(options.outDir, options);
  let run: Run | undefined;
  try {
    run = await Run.open(config, options, files);
    return await run.train();
  } catch (error) {
    throw systemFailure(error) ?? error;
  } finally {
    await run?.close();
    release();
  }
}

/** One run in progress. */
class Run {
  private readonly started = performance.now();
  private readonly stepsPerEpoch: number | undefined;
  private readonly totalSteps: number;
  private readonly batches: { get(step: number): Promise<HostBatch> };
  private readonly task: Task;
  private readonly objective: Objective;
  private readonly method: Method;
  private readonly hash: string;
  private metrics!: CsvFile;
  private evaluations!: CsvFile;
  private board: TensorBoardLog | undefined;
  private landscape: Landscape | undefined;
  private progress: Progress = silentProgress;
  private profile: RunProfile | undefined;
  private state: CheckpointState;

  static async open(config: Config, options: ExperimentOptions, files: RunFiles): Promise<Run> {
    compileMode.enabled = options.compile;
    compileMode.decisions.clear();
    compileMode.report = options.verbose ? (message) => process.stderr.write(`${message}\n`) : () => {};
    const threads = options.resume ? recordedThreads(files.directory) : undefined;
    await loadEngine({ precision: config.train.precision, threads });
    const dataset = await buildDataset(config, options.dataDir);
    const model = buildModel(config, dataset);
    const weights = await loadPretrained(config, model, options.dataDir);
    const run = new Run(config, options, files, dataset, model, { ...dataset?.checksums, ...weights });
    await run.prepare();
    return run;
  }

  private constructor(
    private readonly config: Config,
    private readonly options: ExperimentOptions,
    private readonly files: RunFiles,
    private readonly dataset: Dataset | undefined,
    private readonly model: Model,
    private readonly checksums: Readonly<Record<string, string>>,
  ) {
    const { train } = config;
    const loader =
      dataset &&
      createLoader(dataset.train, {
        batchSize: train.batch_size,
        seed: train.seed,
        dropLast: true,
        prefetch: 1,
      });
    this.batches = loader ?? { get: async () => ({}) };
    this.stepsPerEpoch = loader?.stepsPerEpoch;
    this.totalSteps = train.steps ?? (train.epochs ?? 1) * (this.stepsPerEpoch ?? 1);
    this.task = buildTask(config, dataset, options.dataDir);
    this.objective = new Objective(model, this.task, {
      microBatchSize: train.micro_batch_size ?? train.batch_size,
      gradClip: train.grad_clip,
    });
    this.method = buildMethod(config, model, this.objective, {
      totalSteps: this.totalSteps,
      stepsPerEpoch: this.stepsPerEpoch ?? this.totalSteps,
    });
    this.hash = configHash(config);
    this.state = {
      step: 0,
      configHash: this.hash,
      firstLoss: Number.NaN,
      wallMs: 0,
      rows: { metrics: 0, evaluations: 0 },
    };
  }

  /** Opens the files, restores the checkpoint. */
  private async prepare(): Promise<void> {
    const { config, files, options } = this;
    const restored = options.resume
      ? await restoreCheckpoint(files.directory, this.hash, this.model, this.method)
      : undefined;
    if (restored) {
      checkSameData(files.provenance, this.checksums);
      this.state = restored;
    }
    const { step, rows } = this.state;
    const columns = [...METRICS_COLUMNS, ...this.task.scoreNames];
    // An evaluation that only the end of a shorter run asked for is not part of the longer one.
    const keepLast = this.isDue(config.eval.every, step) || step >= this.lastStep;
    this.metrics = restored
      ? CsvFile.resume(files.metrics, columns, step, rows.metrics)
      : CsvFile.create(files.metrics, columns);
    this.evaluations = restored
      ? CsvFile.resume(files.eval, EVAL_COLUMNS, step, rows.evaluations)
      : CsvFile.create(files.eval, EVAL_COLUMNS);
    if (!keepLast) this.evaluations.dropFrom(step);
    if (config.logging.tensorboard) this.board = TensorBoardLog.open(files.directory, step + 1);
    if (config.logging.landscape) {
      const file = restored
        ? CsvFile.resume(files.landscape, LANDSCAPE_COLUMNS, step, rows.landscape ?? 0)
        : CsvFile.create(files.landscape, LANDSCAPE_COLUMNS);
      this.landscape = new Landscape(config.logging.landscape, this.objective, file);
    }
    if (!restored) {
      const { command } = options;
      const facts = provenance({ command, checksums: this.checksums, fidelity: this.fidelity() });
      writeWhole(files.config, stringifyConfig(config));
      writeWhole(files.provenance, `${JSON.stringify(facts, null, 2)}\n`);
    }
    if (options.profile) {
      const range = { first: step + 1, last: this.lastStep };
      this.profile = new RunProfile(config, range, files.profile, options.profile);
    }
    if (options.progress) this.progress = terminalProgress(config.name, this.lastStep, step);
  }

  private get lastStep(): number {
    return Math.min(this.totalSteps, this.options.maxSteps ?? this.totalSteps);
  }

  async train(): Promise<RunSummary> {
    const { config, options } = this;
    for (let step = this.state.step + 1; step <= this.lastStep; step++) {
      await this.step(step);
      const isLast = step === this.lastStep;
      if (this.isDue(config.eval.every, step) || isLast) await this.evaluate(step);
      if (this.isDue(config.checkpoint.every, step) || isLast) await this.checkpoint();
      await setImmediate(); // lets signals in: nothing else here need ever wait
      if (options.signal?.aborted && !isLast) await this.interrupt(step);
    }
    return this.lastStep < this.totalSteps
      ? this.finish(
          'max-steps',
          `stopped after ${this.lastStep} of ${this.totalSteps} steps, as asked (--max-steps)`,
        )
      : this.finish('done', `all ${this.totalSteps} steps done`);
  }

  private async step(step: number): Promise<void> {
    takePeakTensorBytes();
    const waiting = performance.now();
    const batch = await this.batches.get(step);
    const dataMs = performance.now() - waiting;
    const context = {
      step,
      totalSteps: this.totalSteps,
      seed: this.config.train.seed,
      batch,
      nextBatch: () => this.batches.get(step + 1),
    };
    const take = () => this.method.step(context);
    const measured = this.landscape?.open(context);
    const outcome = await (this.profile ? this.profile.step(take) : take());
    const peakTensorBytes = takePeakTensorBytes();
    await measured?.finish(outcome.effectiveLearningRate);
    const row = metricsRow(step, this.epochOf(step), outcome, dataMs, peakTensorBytes);
    this.metrics.append(row);
    this.board?.metrics(row);
    this.progress.step(step, outcome.loss, outcome.effectiveLearningRate);
    const firstLoss = step === 1 ? outcome.loss : this.state.firstLoss;
    this.state = { ...this.state, step, firstLoss };
    const limit = EXPLOSION_FACTOR * Math.max(1, Math.abs(firstLoss));
    if (!(Math.abs(outcome.loss) <= limit)) this.diverge(step, outcome.loss, limit);
  }

  private diverge(step: number, loss: number, limit: number): never {
    const reason = Number.isFinite(loss)
      ? `the loss exploded at step ${step}: ${loss.toPrecision(4)}, more than ${limit.toPrecision(2)}`
      : `the loss is ${loss} at step ${step}`;
    this.finish('diverged', reason);
    throw new DivergedError(
      `${this.config.name} diverged: ${reason}. Try a smaller optimizer.lr. What was written is in ${this.files.directory}.`,
    );
  }

  private async interrupt(step: number): Promise<never> {
    await this.checkpoint();
    this.finish('interrupted', `interrupted after step ${step}`);
    throw new InterruptedError(
      `Interrupted after step ${step} of ${this.totalSteps}; a checkpoint is written. Go on with --resume.`,
    );
  }

  private async evaluate(step: number): Promise<void> {
    const { metrics } = await evaluate({
      objective: this.objective,
      method: this.method,
      model: this.model,
      task: this.task,
      dataset: this.dataset,
      step,
      epoch: this.epochOf(step),
      isFinal: step === this.lastStep,
      directory: this.files.directory,
      file: {
        append: (row) => {
          this.evaluations.append({ ...row });
          this.board?.evaluation(row);
        },
      },
      profile: this.profile,
    });
    this.progress.evaluated(step, metrics);
  }

  private async checkpoint(): Promise<void> {
    this.metrics.sync();
    this.evaluations.sync();
    this.landscape?.file.sync();
    await saveCheckpoint(this.files.directory, this.model, this.method, {
      ...this.state,
      wallMs: this.wallMs(),
      rows: {
        metrics: this.metrics.rows,
        evaluations: this.evaluations.rows,
        landscape: this.landscape?.file.rows ?? 0,
      },
    });
  }

  private finish(status: RunSummary['status'], stopReason: string): RunSummary {
    const summary = summarise(
      {
        name: this.config.name,
        status,
        stopReason,
        optimizer: this.config.optimizer.name,
        scheduler: this.config.scheduler.name,
        stepsPerEpoch: this.stepsPerEpoch,
        wallMs: this.wallMs(),
      },
      readMetrics(this.files.metrics),
      readMetrics(this.files.eval),
    );
    writeSummary(this.files.summary, summary);
    this.profile?.finish();
    return summary;
  }

  private wallMs(): number {
    return this.state.wallMs + performance.now() - this.started;
  }

  /** Epochs count from 1; a task without data has one. */
  private epochOf(step: number): number {
    return Math.floor((step - 1) / (this.stepsPerEpoch ?? this.totalSteps)) + 1;
  }

  private isDue(every: 'epoch' | 'end' | number, step: number): boolean {
    if (every === 'end') return step === this.totalSteps;
    return step % (every === 'epoch' ? (this.stepsPerEpoch ?? this.totalSteps) : every) === 0;
  }

  private fidelity(): string[] {
    const { config, options } = this;
    const switches: string[] = [];
    if (config.dataset?.limit)
      switches.push(`only the first ${config.dataset.limit} examples (dataset.limit)`);
    if (options.maxSteps !== undefined) switches.push(`at most ${options.maxSteps} steps (--max-steps)`);
    if (config.train.precision !== 'float32') switches.push(`precision ${config.train.precision}`);
    return switches;
  }

  async close(): Promise<void> {
    this.progress.stop();
    this.metrics?.close();
    this.evaluations?.close();
    this.board?.close();
    this.landscape?.file.close();
    this.method.dispose();
    this.objective.dispose();
    this.model.dispose();
    await this.dataset?.close?.();
  }
}
