import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { MissingError } from '../errors.js';
import { writeWhole } from './directory.js';

/** JSON has no NaN: `writeSummary` turns it into null, reading turns it back. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const runSummarySchema = z.object({
  /** The config's `name`. */
  name: z.string(),
  /** `max-steps`: stopped by --max-steps before the config's end. */
  status: z.enum(['done', 'diverged', 'interrupted', 'max-steps']),
  /** Training steps done. */
  steps: z.number(),
  /** Epochs done, a fraction where the last is unfinished. */
  epochs: number,
  /** Test metrics of the last evaluation, by metric name; those of further test splits as `<split>/<metric>`. */
  final: z.record(z.string(), number),
  /** Best value of each test metric and the step of its evaluation. */
  best: z.record(z.string(), z.object({ value: number, step: z.number() })),
  /** Mean training loss over the end of the run, see `finalLoss`. */
  finalLoss: number,
  /** Passes over one logical batch, probes included; evaluation not. */
  forwardPasses: z.number(),
  backwardPasses: z.number(),
  time: z.object({
    trainMs: z.number(),
    probeMs: z.number(),
    dataMs: z.number(),
    evalMs: z.number(),
    /** From the start of the run to its end, set-up and checkpoints included. */
    wallMs: z.number(),
  }),
  effectiveLr: z.object({ first: number, last: number, min: number, max: number }),
  probes: z.object({
    total: z.number(),
    accepted: z.number(),
    byStatus: z.record(z.string(), z.number()),
  }),
  /** One sentence, e.g. `all 120 steps done` or `loss is NaN at step 17`. */
  stopReason: z.string(),
  /** Registry names of the method. */
  optimizer: z.string(),
  scheduler: z.string(),
});

/** What `summary.json` holds. */
export type RunSummary = z.output<typeof runSummarySchema>;

/**
 * Mean training loss over the last `stepsPerEpoch` steps, or, for a task without epochs, over the last tenth of the
 * steps (at least one). A mean because a single mini-batch's loss is mostly noise; one epoch because then every
 * example counts once.
 */
export function finalLoss(losses: ArrayLike<number>, stepsPerEpoch?: number): number {
  const count = Math.min(losses.length, stepsPerEpoch ?? Math.ceil(losses.length / 10));
  let sum = 0;
  for (let i = losses.length - count; i < losses.length; i++) sum += losses[i] ?? Number.NaN;
  return sum / count;
}

/** Writes `summary.json`. */
export function writeSummary(path: string, summary: RunSummary): void {
  writeWhole(path, `${JSON.stringify(summary, null, 2)}\n`);
}

/** @throws MissingError when the file is not a summary of this version. */
export function readSummary(path: string): RunSummary {
  try {
    return runSummarySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new MissingError(`${path}: not a run's summary: ${reason}`);
  }
}
