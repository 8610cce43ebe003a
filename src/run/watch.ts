import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MissingError } from '../errors.js';
import { CsvTail, type TailRow } from './csv-tail.js';
import { plannedSteps, RECENT_STEPS, recentStepS, runState } from './status.js';
import { shortNumber, type WatchState, watchLine, watchLines } from './watch-view.js';

export interface WatchOptions {
  /** Where to draw; a terminal is drawn over, anything else gets a line at a time. */
  readonly stream: NodeJS.WriteStream;
  readonly intervalMs: number;
  /** Aborting it ends the watch, not the run. */
  readonly signal: AbortSignal;
}

/** Exit codes by how the run ended: those of `gen-bench run`. */
const exitCodes = { done: 0, 'max-steps': 0, diverged: 4, interrupted: 130 } as const;
const INTERRUPTED = 130;
/** Columns of a terminal that does not say how many it has. */
const DEFAULT_WIDTH = 80;

/** Follows the files of a run. */
class Watch {
  private readonly metrics: CsvTail;
  private readonly evaluations: CsvTail;
  private readonly losses: number[] = [];
  private readonly rates: number[] = [];
  private recent: TailRow[] = [];
  private lastProbe: string | undefined;
  private lastEvaluation: string | undefined;
  /** Milliseconds of each evaluation by step and split. */
  private readonly evalMs = new Map<string, number>();
  private totalSteps: number | undefined;

  constructor(private readonly dir: string) {
    this.metrics = new CsvTail(join(dir, 'metrics.csv'));
    this.evaluations = new CsvTail(join(dir, 'eval.csv'));
  }

  /** Reads what came since; returns whether anything did. */
  update(): boolean {
    this.totalSteps ??= plannedSteps(this.dir);
    const { rows, restarted } = this.metrics.read();
    if (restarted) {
      this.losses.length = 0;
      this.rates.length = 0;
      this.recent = [];
      this.lastProbe = undefined;
    }
    for (const row of rows) {
      this.losses.push(row.number('loss'));
      this.rates.push(row.number('effective_lr'));
      const status = row.text('probe_status');
      if (status) {
        const [star, r2] = ['lr_star', 'fit_r2'].map((column) => shortNumber(row.number(column)));
        this.lastProbe = `step ${row.text('step')}: ${status}, η* ${star}, R² ${r2}`;
      }
    }
    this.recent = [...this.recent, ...rows].slice(-RECENT_STEPS);
    return this.updateEvaluations() || rows.length > 0 || restarted;
  }

  private updateEvaluations(): boolean {
    const { rows, restarted } = this.evaluations.read();
    if (restarted) {
      this.evalMs.clear();
      this.lastEvaluation = undefined;
    }
    for (const row of rows)
      this.evalMs.set(`${row.text('step')} ${row.text('split')}`, row.number('eval_ms'));
    const last = rows.at(-1);
    if (last) {
      const same = rows.filter((row) => row.text('step') === last.text('step'));
      const metrics = same.map((row) => `${row.text('metric')} ${shortNumber(row.number('value'))}`);
      this.lastEvaluation = `step ${last.text('step')}: ${[...new Set(metrics)].join(', ')}`;
    }
    return rows.length > 0;
  }

  state(): WatchState {
    const { dir, losses, rates, recent, totalSteps, lastProbe, lastEvaluation } = this;
    const last = recent.at(-1);
    const step = last?.number('step') ?? 0;
    const stepS = recentStepS(recent);
    const evalS = [...this.evalMs.values()].reduce((sum, ms) => sum + ms, 0) / 1000;
    const share = (column: string) =>
      stepS
        ? recent.reduce((sum, row) => sum + (row.number(column) || 0), 0) / recent.length / 1000 / stepS
        : 0;
    return {
      ...{ dir, step, losses, rates, totalSteps, stepS, lastProbe, lastEvaluation },
      epoch: last?.number('epoch') ?? 0,
      owner: runState(dir).owner,
      wholeStepS: stepS === undefined ? undefined : stepS + evalS / Math.max(1, step),
      probeShare: share('probe_ms'),
      dataShare: share('data_ms'),
    };
  }
}

/** Draws over what it drew before on a terminal, else writes a line for what is new. */
class Screen {
  private height = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  show(state: WatchState, isNew: boolean): void {
    const { stream } = this;
    if (!stream.isTTY) {
      if (isNew) stream.write(`${watchLine(state)}\n`);
      return;
    }
    const lines = watchLines(state, stream.columns ?? DEFAULT_WIDTH);
    const up = this.height > 0 ? `\u001b[${this.height}A` : '';
    stream.write(`${up}\u001b[J${lines.join('\n')}\n`);
    this.height = lines.length;
  }
}

/**
 * Shows a run until it ends or the watch is aborted. The run is left alone: only its files are read.
 *
 * @returns the exit code: that of the run as it ended; 130 when the watch was aborted or no process is at the run
 * @throws MissingError without such a directory
 */
export async function watchRun(dir: string, { stream, intervalMs, signal }: WatchOptions): Promise<number> {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MissingError(`${dir}: no such directory; expected a run's, e.g. results/<name>/seed-0`);
  }
  const watch = new Watch(dir);
  const screen = new Screen(stream);
  for (;;) {
    // in this order: what a run that has ended wrote is there by then
    const { state, summary } = runState(dir);
    const isNew = watch.update();
    screen.show(watch.state(), isNew);
    if (state !== 'running') {
      if (summary) {
        stream.write(`${summary.stopReason}\n`);
        return exitCodes[summary.status];
      }
      stream.write('no process is at this run; go on with --resume\n');
      return INTERRUPTED;
    }
    try {
      await delay(intervalMs, undefined, { signal });
    } catch {
      return INTERRUPTED;
    }
  }
}
