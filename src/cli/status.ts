import { type Command, Option } from 'commander';
import type { StatusFormat } from '../sweep/status-text.js';

export function addStatus(program: Command): void {
  program
    .command('status')
    .summary('how a sweep is getting on')
    .description(
      'Shows every run in the given directories: finished, running (step, age of its last row, process, ETA), diverged,\n' +
        'interrupted, or not started yet by the sweep that was begun there.',
    )
    .argument('<dir...>', 'directories of runs or sweeps')
    .addOption(
      new Option('--format <format>', 'default: a table on a terminal, else md').choices([
        'md',
        'csv',
        'json',
      ]),
    )
    .action(async (dirs: string[], flags: { format?: StatusFormat }) => {
      const { sweepStatus } = await import('../sweep/status.js');
      const { statusText } = await import('../sweep/status-text.js');
      const format = flags.format ?? (process.stdout.isTTY ? 'terminal' : 'md');
      process.stdout.write(statusText(sweepStatus(dirs), format));
    });
}
