import { Argument, type Command, Option } from 'commander';

const areas = ['models', 'datasets', 'optimizers', 'schedulers', 'tasks', 'metrics'] as const;

export function addList(program: Command): void {
  program
    .command('list')
    .summary('what a config can choose from')
    .description('Lists what a config can choose from, with every option and its default.')
    .addArgument(new Argument('<area>').choices(areas))
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .action(async (area: (typeof areas)[number], { format }: { format: 'text' | 'json' }) => {
      const { catalogue, formatCatalogue } = await import('../config/catalogue.js');
      const rows = catalogue(area);
      process.stdout.write(format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : formatCatalogue(rows));
    });
}
