/**
 * A signal that the first Ctrl-C (or SIGTERM) aborts, so that the work at hand can be saved; the second ends the
 * process at once. `release` gives the signals back.
 */
export function interruptSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = () => {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    process.stderr.write('\nstopping after a checkpoint; press Ctrl-C again to stop at once\n');
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    },
  };
}
