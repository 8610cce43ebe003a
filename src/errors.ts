/**
 * Errors that a user can cause or mend. Each carries the exit code of the process; the command line prints
 * `message` alone, without a stack trace. Anything that is not a `GenBenchError` is a defect (exit code 1).
 */
export abstract class GenBenchError extends Error {
  abstract readonly exitCode: number;

  override get name(): string {
    return this.constructor.name;
  }
}

/** Wrong command line or config. */
export class UsageError extends GenBenchError {
  readonly exitCode = 2;
}

/** Data, weights or the engine are missing or damaged; the message says the command that gets them. */
export class MissingError extends GenBenchError {
  readonly exitCode = 3;
}

/** The loss is NaN or infinite, or has exploded. */
export class DivergedError extends GenBenchError {
  readonly exitCode = 4;
}

/** SIGINT, SIGTERM or SIGUSR1; a checkpoint was written first. */
export class InterruptedError extends GenBenchError {
  readonly exitCode = 130;
}

/** Results are no longer what they were: where nothing but the program changed, a defect of it. */
export class DriftError extends GenBenchError {
  readonly exitCode = 1;
}
