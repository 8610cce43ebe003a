import type { CommanderError } from 'commander';
import { GenBenchError } from '../errors.js';
import { systemFailure } from '../system-failure.js';
import { createProgram } from './program.js';

/**
 * Runs the command line and returns the exit code of the process: 0 done, 1 defect in the program, 2 usage or config,
 * 3 something missing, 4 diverged, 130 interrupted. Never throws.
 *
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(ignoreClosedPipe)) stream.on('error', ignoreClosedPipe);
  }
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

/** A reader that has seen enough (`| head`) is no error. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function report(error: unknown): number {
  const known = error instanceof GenBenchError ? error : systemFailure(error);
  if (known) {
    process.stderr.write(`${known.message}\n`);
    return known.exitCode;
  }
  if (isCommanderError(error)) {
    // commander has written its message; help and version that were asked for end with 0
    return error.exitCode === 0 ? 0 : 2;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`defect in gen-bench, please report it with this text:\n${detail}\n`);
  return 1;
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}
