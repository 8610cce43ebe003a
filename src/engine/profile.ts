import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingError } from '../errors.js';
import type { CallTimer } from './binding.js';
import { parseRunMetadata } from './step-stats.js';
import { backend } from './tf.js';

/*
 * Times every op that runs within `profiled`. Ops of graphs are timed by TensorFlow's own
 * executor while the graph runs as always (RunOptions.trace_level, which set-up's `session-trace.cc` asks for); ops
 * outside of graphs by the calls that run them, which on the CPU return when the op is done.
 */

/** Start and duration of something, in µs; the start since 1970. */
export interface Span {
  readonly name: string;
  readonly startUs: number;
  readonly durationUs: number;
}

export interface OpTime extends Span {
  /** What it ran for: a compiled function, or another part of the step. */
  readonly part: string;
  /** By TensorFlow's executor, beside other ops of the graph; else by itself, on JavaScript's thread. */
  readonly inGraph: boolean;
}

export interface Profile {
  readonly ops: readonly OpTime[];
  /** Runs of compiled functions and other parts. */
  readonly parts: readonly Span[];
  /** Runs of graphs, named after their parts. */
  readonly graphs: readonly Span[];
  readonly whole: Span;
}

/** Ops that belong to no part: weights read, batches copied. */
export const NO_PART = 'between';

/** Read by `session-trace.cc`. */
const TRACE_FILE = 'GEN_BENCH_TRACE_FILE';

class Recording implements CallTimer {
  readonly ops: OpTime[] = [];
  readonly parts: Span[] = [];
  readonly graphs: Span[] = [];
  private readonly runs: { readonly part: string; readonly metadata: Uint8Array }[] = [];
  private part = NO_PART;
  private readonly folder = mkdtempSync(join(tmpdir(), 'gen-bench-trace-'));
  private readonly clockMs = clockMs();

  op<T>(name: string, call: () => T): T {
    return this.time(call, (span) => {
      this.ops.push({ name, part: this.part, inGraph: false, ...span });
    });
  }

  session<T>(_id: number, call: () => T): T {
    const file = join(this.folder, 'run-metadata');
    process.env[TRACE_FILE] = file;
    const result = this.time(call, (span) => {
      delete process.env[TRACE_FILE];
      this.graphs.push({ name: this.part, ...span });
    });
    if (!existsSync(file)) {
      throw new MissingError(
        `The addon that set-up built cannot trace graphs; it is of an older version. Run: npm run setup.`,
      );
    }
    this.runs.push({ part: this.part, metadata: readFileSync(file) });
    return result;
  }

  enter<T>(name: string, action: () => T): T {
    if (this.part !== NO_PART) return action();
    this.part = name;
    return this.time(action, (span) => {
      this.part = NO_PART;
      this.parts.push({ name, ...span });
    });
  }

  finish(whole: Span): Profile {
    const { ops, parts, graphs, runs } = this;
    for (const { part, metadata } of runs) {
      for (const { name, label, ...span } of parseRunMetadata(metadata)) {
        ops.push({ name: opOf(label, name), part, inGraph: true, ...span });
      }
    }
    return { ops, parts, graphs, whole };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  spanSince(startedMs: number): Omit<Span, 'name'> {
    const durationMs = performance.now() - startedMs;
    return { startUs: (this.clockMs + startedMs) * 1e3, durationUs: durationMs * 1e3 };
  }

  private time<T>(action: () => T, done: (span: Omit<Span, 'name'>) => void): T {
    const started = performance.now();
    try {
      return action();
    } finally {
      done(this.spanSince(started));
    }
  }
}

let current: Recording | undefined;

/** Runs `action` and times its ops; the profile's `whole` has the name. One at a time. */
export async function profiled<T>(
  name: string,
  action: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly profile: Profile }> {
  const recording = new Recording();
  current = recording;
  backend.binding.timer = recording;
  const started = performance.now();
  try {
    const result = await action();
    return { result, profile: recording.finish({ name, ...recording.spanSince(started) }) };
  } finally {
    backend.binding.timer = undefined;
    current = undefined;
    recording.close();
  }
}

/** Runs `action`, whose ops a profile shows under that name unless they are within another part already. */
export function inPart<T>(name: string, action: () => T): T {
  return current ? current.enter(name, action) : action();
}

/** When `performance.now()` was 0, by the clock that TensorFlow reads. */
function clockMs(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now(); // ticks once a millisecond
  return now - performance.now();
}

/** `n12 = Conv2D(n3, n4)` -> Conv2D; a fused loop's name is that of `fusion.ts`, `fused0_Mul_Erf`. */
function opOf(label: string, fallback: string): string {
  const op = / = (\w+)\(/.exec(label)?.[1] ?? fallback;
  const [first, ...members] = op.split('_');
  return /^fused\d+$/.test(first!) ? `fused loop: ${members.join(', ')}` : op;
}
