/** Ctrl-C; the end of a process that a system asks for; what a batch system sends ahead of a job's time limit. */
const signals = ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const;

/**
 * A signal that the first Ctrl-C (or SIGTERM, or SIGUSR1) aborts, so that the work at hand can be saved; a Ctrl-C
 * after it ends the process at once. Batch systems may send the others more than once and mean no more by it.
 * `signal.reason` is the name of the signal that came first; `release` gives the signals back.
 */
export function interruptSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    process.off('SIGINT', stop);
    if (controller.signal.aborted) return;
    process.stderr.write('\nstopping after a checkpoint; press Ctrl-C again to stop at once\n');
    controller.abort(name);
  };
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
