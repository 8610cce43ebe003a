import { type Command, Option } from 'commander';
import type { CompareFormat } from '../report/compare.js';

export function addCompare(program: Command): void {
  program
    .command('compare')
    .summary('a table of finished runs')
    .description(
      'Compares every run found in the given directories: metrics over seeds, loss, cost and time.',
    )
    .argument('<dir...>', 'directories of runs or sweeps')
    .addOption(
      new Option('--format <format>', 'default: a table on a terminal, else md').choices([
        'md',
        'csv',
        'json',
      ]),
    )
    .action(async (dirs: string[], { format }: { format?: CompareFormat }) => {
      const { compare } = await import('../report/compare.js');
      process.stdout.write(compare(dirs, { format: format ?? (process.stdout.isTTY ? 'terminal' : 'md') }));
    });
}
