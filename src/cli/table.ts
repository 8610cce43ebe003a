import { type Command, InvalidArgumentError, Option } from 'commander';
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
    .option(
      '--against <what>',
      "paper: the paper's numbers beside those measured; a directory or table's CSV of earlier results: fails on drift",
    )
    .option('--tolerance <x>', "by how much a mean may drift, in the table's unit (default: 0)", tolerance)
    .addOption(
      new Option('--tier <tier>', 'experiments of the paper, or their small versions')
        .choices(['full', 'mini'])
        .default('full'),
    )
    .addOption(new Option('--format <format>').choices(['md', 'csv', 'latex']).default('md'))
    .action(async (number: number, options: TableOptions) => {
      const { table } = await import('../report/table.js');
      const { text, drift } = table(number, options);
      process.stdout.write(text);
      if (drift) throw drift;
    });
}

function tolerance(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('expected a number ≥ 0.');
  return value;
}
