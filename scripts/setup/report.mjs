/** A condition that the user can mend. Its message is one line: what is wrong and how to fix it. */
export class SetupError extends Error {
  /** @param {number} exitCode 3: something is missing or damaged; 2: wrong usage; 1: a defect of the project */
  constructor(message, exitCode = 3) {
    super(message);
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}

/** One progress line, on stderr. */
export function say(text) {
  process.stderr.write(`[setup] ${text}\n`);
}

/** Runs one step and reports the seconds it took. */
export async function step(name, action) {
  const startMs = performance.now();
  const result = await action();
  say(`${name} … ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return result;
}

/**
 * Turns what the file system refused into a `SetupError`; anything else is returned as it is.
 *
 * @param {unknown} error
 * @param {string} place what was being written, in words
 */
export function explainFileError(error, place) {
  const reasons = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EACCES: 'no permission to write there',
    EPERM: 'no permission to write there',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of that path is a file',
    EEXIST: 'a part of that path is a file',
  };
  // What Node's recursive mkdir reports for a read-only file system.
  const isUnmakable = error?.code === 'ENOENT' && error.syscall === 'mkdir';
  const reason = isUnmakable ? 'the folder cannot be made (a read-only file system?)' : reasons[error?.code];
  if (!reason) return error;
  const where = error.path ? `${error.path} (${place})` : place;
  return new SetupError(
    `cannot write ${where}: ${reason}; mend that, or set GEN_BENCH_CACHE to a folder that can be written`,
  );
}

/** `1_300_000_000` to `'1.3 GB'`. */
export function formatBytes(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.round(bytes / 1e3)} kB`;
}

/** The last line that says something, for messages of one line. */
export function lastLine(text) {
  const lines = text.split('\n').map((line) => line.trim());
  const meaningful = lines.filter((line) => line && !/^(WARNING|\[notice\]|npm warn)/i.test(line));
  return (meaningful.findLast((line) => /error/i.test(line)) ?? meaningful.at(-1) ?? '').slice(0, 300);
}
