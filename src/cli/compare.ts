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
    .option(
      '--target <metric=value>',
      'the cost to reach this value, e.g. accuracy=0.9; may be repeated',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .addOption(
      new Option('--format <format>', 'default: a table on a terminal, else md').choices([
        'md',
        'csv',
        'json',
      ]),
    )
    .action(async (dirs: string[], flags: { format?: CompareFormat; target: string[] }) => {
      const { compare } = await import('../report/compare.js');
      const { parseTarget } = await import('../report/target.js');
      const format = flags.format ?? (process.stdout.isTTY ? 'terminal' : 'md');
      process.stdout.write(compare(dirs, { format, targets: flags.target.map(parseTarget) }));
    });
}
