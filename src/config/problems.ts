import { UsageError } from '../errors.js';

/** Where a value of a config was written: a place in a file, or an override on the command line. */
export type Origin =
  | { readonly file: string; readonly line: number; readonly column: number }
  | { readonly override: string };

/** One thing wrong (or, as a warning, doubtful) in a config. */
export interface Problem {
  readonly origin: Origin;
  /** Dotted path of the offending key; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

function formatOrigin(origin: Origin): string {
  return 'file' in origin
    ? `${origin.file}:${origin.line}:${origin.column}`
    : `override «${abbreviate(origin.override, 80)}»`;
}

/** `configs/a.yaml:3:5: scheduler.phi: expected …` */
export function formatProblem({ origin, key, message, severity }: Problem): string {
  const prefix = severity === 'warning' ? 'warning: ' : '';
  return `${prefix}${formatOrigin(origin)}: ${key === '' ? '' : `${abbreviate(key, 80)}: `}${message}`;
}

/** More lines than this nobody reads: one mistake that repeats itself, or a file that is no config at all. */
const MAX_LINES = 25;

/** Every problem of a config at once, one a line. */
export class ConfigError extends UsageError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.slice(0, MAX_LINES).map(formatProblem);
    const more = problems.length - lines.length;
    super([...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'));
    this.problems = problems;
  }
}

/** The start of a long text, on one line. */
export function abbreviate(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
