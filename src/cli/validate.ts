import type { Command } from 'commander';

export function addValidate(program: Command): void {
  program
    .command('validate')
    .summary('every problem of every config or sweep at once')
    .description(
      'Reports every problem of every config and sweep file, with file, line and column. Trains nothing.',
    )
    .argument('<config.yaml...>', 'config or sweep files')
    .action(async (files: string[]) => {
      const { checkFile } = await import('../config/check-file.js');
      const { ConfigError } = await import('../config/problems.js');
      const { printWarnings } = await import('./warnings.js');
      const checked = files.map((file) => ({ file, problems: checkFile(file) }));
      for (const { file, problems } of checked) {
        printWarnings(problems);
        if (problems.every(({ severity }) => severity === 'warning')) process.stdout.write(`${file}: ok\n`);
      }
      const errors = checked.flatMap(({ problems }) =>
        problems.filter(({ severity }) => severity === 'error'),
      );
      if (errors.length > 0) throw new ConfigError(errors);
    });
}
