import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';

export function addReport(program: Command): void {
  program
    .command('report')
    .summary('one HTML page with everything about finished runs')
    .description(
      "Writes tables, curves, every GeN probe's parabola, cost, configs and provenance of the runs that are there into\n" +
        "one HTML file that needs no network, and prints the file's name.",
    )
    .argument('<dir...>', 'directories of runs or sweeps')
    .option('--out <file>', 'the page', 'report.html')
    .action(async (dirs: string[], flags: { out: string }) => {
      const { reportHtml } = await import('../report/html/report.js');
      writeFileSync(flags.out, reportHtml(dirs, new Date()));
      process.stdout.write(`${flags.out}\n`);
    });
}
