import type { Command } from 'commander';

export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('what a config would run')
    .description(
      'Shows what a config would run: every setting, steps, learning rates and cost. Trains nothing.',
    )
    .argument('<config.yaml>')
    .argument('[key=value...]', 'overrides, e.g. scheduler.name=cosine')
    .action(async (file: string, overrides: string[]) => {
      const { loadConfigs } = await import('./load-configs.js');
      const { explain } = await import('../config/explain.js');
      for (const config of loadConfigs(file, overrides)) process.stdout.write(explain(config));
    });
}
