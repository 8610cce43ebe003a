import type { Command } from 'commander';

export function addFigure(program: Command): void {
  program
    .command('figure')
    .summary("one of the paper's figures, or results over the initial learning rate")
    .description(
      "Draws one of the paper's figures from the runs that are there, and prints the file's name. «sensitivity» shows\n" +
        'every method over its initial learning rate.',
    )
    .argument('<figure>', 'number of the figure in the paper, or sensitivity')
    .option('--results <dir...>', 'directories with the runs', ['results'])
    .option('--out <file>', '.svg or .png (default: figure-<figure>.svg)')
    .action(async (name: string, flags: { results: string[]; out?: string }) => {
      const { figure } = await import('../report/figure.js');
      const out = flags.out ?? `figure-${name}.svg`;
      figure(name, { results: flags.results, out });
      process.stdout.write(`${out}\n`);
    });
}
