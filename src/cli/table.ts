import { type Command, Option } from 'commander';
import type { TableOptions } from '../report/table.js';
import { paperNumber } from './options.js';

export function addTable(program: Command): void {
  program
    .command('table')
    .summary("one of the paper's tables")
    .description(
      "Makes one of the paper's tables from the runs that are there; every cell says where it is from.",
    )
    .argument('<number>', 'number of the table in the paper', paperNumber)
    .option('--results <dir>', 'directory with the runs', 'results')
    .addOption(new Option('--against <what>', "the paper's numbers beside those measured").choices(['paper']))
    .addOption(
      new Option('--tier <tier>', 'experiments of the paper, or their small versions')
        .choices(['full', 'mini'])
        .default('full'),
    )
    .addOption(new Option('--format <format>').choices(['md', 'csv', 'latex']).default('md'))
    .action(async (number: number, options: TableOptions) => {
      const { table } = await import('../report/table.js');
      process.stdout.write(table(number, options));
    });
}
