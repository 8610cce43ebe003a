/** `logging.tensorboard`: the numbers of metrics.csv and eval.csv as a TensorBoard event file in the run's directory. */
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { restartEvent, scalarsEvent, versionEvent } from '../formats/tensorboard.js';
import { systemFailure } from '../system-failure.js';
import type { EvalRow, MetricsRow } from './columns.js';

const PREFIX = 'events.out.tfevents.';

/** Groups of TensorBoard's page; any other column is one of training. */
const groups: readonly [string, readonly string[]][] = [
  ['probe', ['loss_minus', 'loss_zero', 'loss_plus', 'gg', 'gg_se', 'ghg', 'ghg_se', 'lr_star', 'fit_r2']],
  ['cost', ['forward_passes', 'backward_passes', 'train_ms', 'probe_ms', 'data_ms', 'peak_tensor_bytes']],
];

const groupOf = (column: string) => groups.find(([, columns]) => columns.includes(column))?.[0] ?? 'train';

function eventFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith(PREFIX));
}

/** Removes the event files of an earlier run. */
export function removeEventFiles(directory: string): void {
  for (const name of eventFiles(directory)) rmSync(join(directory, name), { force: true });
}

/** An event file that grows by a record a step and an evaluation. Every process that trains the run has its own. */
export class TensorBoardLog {
  private constructor(private readonly fd: number) {}

  /** @param firstStep the step that comes next; later ones in earlier files become void */
  static open(directory: string, firstStep: number): TensorBoardLog {
    // TensorBoard reads the files in the order of their names: a clock that was set back must not change it
    const earlier = eventFiles(directory).map((name) => Number.parseInt(name.slice(PREFIX.length), 10) || 0);
    const seconds = Math.max(Math.floor(Date.now() / 1000), ...earlier.map((time) => time + 1));
    const name = `${PREFIX}${String(seconds).padStart(10, '0')}.${hostname()}.${process.pid}.0`;
    const log = new TensorBoardLog(openSync(join(directory, name), 'wx'));
    const now = Date.now() / 1000;
    log.write(versionEvent(now));
    if (earlier.length > 0) log.write(restartEvent(now, firstStep));
    return log;
  }

  /** A row of metrics.csv; what is empty there, and text, is left out. */
  metrics(row: MetricsRow & Readonly<Record<string, number | string | undefined>>): void {
    const { step, epoch: _, ...columns } = row;
    const scalars: Record<string, number> = {};
    for (const [column, value] of Object.entries(columns)) {
      if (typeof value === 'number') scalars[`${groupOf(column)}/${column}`] = value;
    }
    this.write(scalarsEvent(Date.now() / 1000, step, scalars));
  }

  /** A row of eval.csv. */
  evaluation({ step, split, metric, value }: EvalRow): void {
    // a test function is evaluated on what it is trained on: its own group, beside the steps'
    const group = split === 'train' ? 'eval' : split;
    this.write(scalarsEvent(Date.now() / 1000, step, { [`${group}/${metric}`]: value }));
  }

  close(): void {
    closeSync(this.fd);
  }

  private write(record: Buffer): void {
    try {
      for (let done = 0; done < record.length; ) done += writeSync(this.fd, record, done);
    } catch (error) {
      throw systemFailure(error) ?? error;
    }
  }
}
