import { type Profile, profiled } from '../engine/profile.js';
import { profileText } from './profile-text.js';

/** Traces some calls of one kind, and times as many afterwards without. */
export class ProfileWindow {
  readonly profiles: Profile[] = [];
  private calls = 0;
  private readonly untracedMs: number[] = [];

  /** @param options.first number of the first call to trace; calls count from `options.start` */
  constructor(
    private readonly options: {
      /** What a call is, e.g. `step`, and what it is called before its number. */
      readonly unit: string;
      readonly label: string;
      readonly start: number;
      readonly first: number;
      readonly count: number;
      readonly done: () => void;
    },
  ) {}

  async run<T>(action: () => T | Promise<T>): Promise<T> {
    const { label, start, first, count, done } = this.options;
    const number = start + this.calls++;
    if (number < first || this.isComplete) return action();
    if (number < first + count) {
      const { result, profile } = await profiled(`${label} ${number}`, action);
      this.profiles.push(profile);
      return result;
    }
    const started = performance.now();
    const result = await action();
    this.untracedMs.push(performance.now() - started);
    if (this.isComplete) done();
    return result;
  }

  get isComplete(): boolean {
    return this.untracedMs.length >= this.options.count;
  }

  /** What was traced, once there is something. */
  text(): string {
    const { unit, label, first } = this.options;
    const { profiles, untracedMs } = this;
    const last = first + profiles.length - 1;
    const mean = this.isComplete
      ? untracedMs.reduce((sum, ms) => sum + ms, 0) / untracedMs.length
      : undefined;
    return `${label} ${first} to ${last}: ${profileText(profiles, unit, mean)}`;
  }
}
