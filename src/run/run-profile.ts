import type { Config } from '../config/schema.js';
import { resolveGenOptions } from '../gen/options.js';
import { chromeTrace } from './chrome-trace.js';
import { writeWhole } from './directory.js';
import { ProfileWindow } from './profile-window.js';

/** Steps, or batches of evaluations, that are traced at least. */
const TRACED = 3;
/** Calls until a compiled function is warm: the first ones record it and compare it with eager runs. */
const WARM_UP = 3;

/**
 * `--profile`: traces a few warm steps and a few warm batches of evaluations, prints where their time went and writes
 * `profile.json`, a Chrome trace, into the run's directory. The run itself goes on as without it.
 */
export class RunProfile {
  private readonly windows: readonly [steps: ProfileWindow, batches: ProfileWindow];
  private readonly printed = new Set<ProfileWindow>();

  /** @param steps first and last step of this process */
  constructor(
    config: Config,
    steps: { readonly first: number; readonly last: number },
    private readonly file: string,
    private readonly print: (text: string) => void,
  ) {
    // One step in Φ of GeN's has a probe: as many as have one among them, after earlier ones have warmed it.
    const interval = config.scheduler.name === 'gen' ? resolveGenOptions(config.scheduler).phi : 1;
    const count = Math.max(TRACED, interval);
    const latest = Math.max(steps.first, steps.last - count + 1);
    const first = Math.min(steps.first + WARM_UP * interval, latest);
    const window = (label: string, unit: string, start: number, firstTraced: number, length: number) => {
      const one = new ProfileWindow({
        ...{ label, unit, start, first: firstTraced, count: length },
        done: () => this.show(one),
      });
      return one;
    };
    this.windows = [
      window('step', 'step', steps.first, first, count),
      window('evaluation, batch', 'batch', 1, 1 + WARM_UP, TRACED),
    ];
  }

  step<T>(action: () => Promise<T>): Promise<T> {
    return this.windows[0].run(action);
  }

  /** A batch of an evaluation; counted over all evaluations. */
  batch<T>(action: () => T): Promise<T> {
    return this.windows[1].run(action);
  }

  /** Shows what is not shown yet, at the run's end. */
  finish(): void {
    for (const window of this.windows) if (window.profiles.length > 0) this.show(window);
  }

  private show(window: ProfileWindow): void {
    if (this.printed.has(window)) return;
    this.printed.add(window);
    this.print(window.text());
    const profiles = [...this.printed].flatMap((one) => one.profiles);
    writeWhole(this.file, `${JSON.stringify(chromeTrace(profiles))}\n`);
  }
}
