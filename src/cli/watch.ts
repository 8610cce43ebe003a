import { type Command, InvalidArgumentError } from 'commander';
import type { SetExitCode } from './program.js';

export function addWatch(program: Command, setExitCode: SetExitCode): void {
  program
    .command('watch')
    .summary('a live view of a run')
    .description(
      'Follows a run until it ends: loss and learning rate as they were, steps, ETA, the last probe and evaluation.\n' +
        'Ctrl-C ends the view, not the run. Without a terminal: a line at a time.',
    )
    .argument('<run-dir>', "a run's directory, e.g. results/<name>/seed-0")
    .option('--interval <s>', 'seconds between looks (default: 1, without a terminal 10)', seconds)
    .action(async (dir: string, flags: { interval?: number }) => {
      const { watchRun } = await import('../run/watch.js');
      const stream = process.stdout;
      const controller = new AbortController();
      const stop = () => controller.abort();
      process.once('SIGINT', stop);
      try {
        const intervalMs = 1000 * (flags.interval ?? (stream.isTTY ? 1 : 10));
        setExitCode(await watchRun(dir, { stream, intervalMs, signal: controller.signal }));
      } finally {
        process.off('SIGINT', stop);
      }
    });
}

/** A day at most: timers hold no more than 25. */
function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0.05 && value <= 86_400)) {
    throw new InvalidArgumentError('expected seconds from 0.05 to 86400.');
  }
  return value;
}
