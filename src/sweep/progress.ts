import { MultiBar, Presets } from 'cli-progress';
import { metrics } from '../metrics/registry.js';
import type { RunSummary } from '../run/summary.js';
import type { JobOutcome, SweepEvent } from './run.js';

/** The metric a run is scored by (the registered one that comes first), else its training loss. */
export function score({ final, finalLoss }: RunSummary): string {
  const name = Object.keys(metrics).find((metric) => metric in final) ?? Object.keys(final)[0];
  const value = name === undefined ? undefined : final[name];
  if (name === undefined || value === undefined) return `loss ${finalLoss.toPrecision(3)}`;
  return metrics[name]?.percent ? `${name} ${(100 * value).toFixed(1)} %` : `${name} ${value.toPrecision(4)}`;
}

function describe(outcome: JobOutcome): string {
  switch (outcome.kind) {
    case 'done':
      return `${score(outcome.summary)}, ${(outcome.summary.time.wallMs / 1000).toFixed(1)} s`;
    case 'skipped':
      return `${outcome.summary.status === 'diverged' ? 'diverged' : score(outcome.summary)}, already done`;
    case 'diverged':
      return `diverged: ${outcome.message}`;
    case 'interrupted':
      return 'interrupted, go on with --resume';
    case 'failed':
      return `failed: ${outcome.message}`;
  }
}

export interface SweepProgress {
  readonly onEvent: (event: SweepEvent) => void;
  /** Takes the bar away; to be called once, also after a failure. */
  stop(): void;
}

/** Shows a sweep on `stream`: a line for each run that ended and, on a terminal, a bar below them. */
export function sweepProgress(total: number, stream: NodeJS.WriteStream): SweepProgress {
  const bars = stream.isTTY
    ? new MultiBar(
        {
          stream,
          format: '{bar} {value}/{total} runs, {duration_formatted}{now}',
          clearOnComplete: true,
          hideCursor: true,
          gracefulExit: false, // the sweep handles Ctrl-C itself
        },
        Presets.shades_classic,
      )
    : undefined;
  const bar = bars?.create(total, 0, { now: '' });
  const running = new Set<string>();
  let ended = 0;
  const print = (line: string) => (bars ? bars.log(`${line}\n`) : stream.write(`${line}\n`));
  return {
    onEvent(event) {
      if (event.kind === 'started') {
        running.add(event.job.name);
      } else {
        running.delete(event.job.name);
        ended++;
        print(`[${ended}/${total}] ${event.job.name}: ${describe(event.outcome)}`);
      }
      bar?.update(ended, { now: running.size > 0 ? `, now ${[...running].join(', ')}` : '' });
    },
    stop() {
      bars?.stop();
    },
  };
}
