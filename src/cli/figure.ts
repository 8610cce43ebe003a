import type { Command } from 'commander';
import { paperNumber } from './options.js';

export function addFigure(program: Command): void {
  program
    .command('figure')
    .summary("one of the paper's figures")
    .description("Draws one of the paper's figures from the runs that are there, and prints the file's name.")
    .argument('<number>', 'number of the figure in the paper', paperNumber)
    .option('--results <dir...>', 'directories with the runs', ['results'])
    .option('--out <file>', '.svg or .png (default: figure-<number>.svg)')
    .action(async (number: number, flags: { results: string[]; out?: string }) => {
      const { figure } = await import('../report/figure.js');
      const out = flags.out ?? `figure-${number}.svg`;
      figure(number, { results: flags.results, out });
      process.stdout.write(`${out}\n`);
    });
}
