import { join } from 'node:path';
import type { Command } from 'commander';
import { DivergedError } from '../errors.js';
import { interruptSignal } from './interrupt.js';
import { commandLine, positiveInteger, seedList } from './options.js';
import type { SetExitCode } from './program.js';

interface RunFlags {
  seeds?: number[];
  out?: string;
  resume?: boolean;
  force?: boolean;
  maxSteps?: number;
  dataDir?: string;
  compile: boolean;
  profile?: boolean;
  verbose?: boolean;
}

export function addRun(program: Command, setExitCode: SetExitCode): void {
  program
    .command('run')
    .summary('train one config')
    .description(
      'Trains one config and writes metrics.csv, eval.csv, summary.json and a checkpoint into\n' +
        'results/<name>/seed-<n>/. key=value overrides any field by its dotted path, e.g. optimizer.lr=0.1.',
    )
    .argument('<config.yaml>')
    .argument('[key=value...]', 'overrides, e.g. scheduler.name=cosine train.epochs=1')
    .option('--seeds <list>', 'one run a seed, e.g. 0,1,2 (default: train.seed)', seedList)
    .option('--out <dir>', 'directory that gets seed-<n>/ (default: results/<name>)')
    .option('--resume', 'go on from the checkpoint')
    .option('--force', 'start again over an earlier run')
    .option('--max-steps <n>', 'stop after n steps', positiveInteger)
    .option('--data-dir <dir>', 'folder with data and weights of your own')
    .option('--no-compile', 'run every operation by itself instead of as a recorded graph')
    .option('--profile', 'print where the time of a few steps goes; a trace in profile.json')
    .option('--verbose', 'more messages on stderr')
    .action(async (file: string, overrides: string[], flags: RunFlags) => {
      setExitCode(await run(file, overrides, flags));
    });
}

async function run(file: string, overrides: readonly string[], flags: RunFlags): Promise<number> {
  const { loadConfigs } = await import('./load-configs.js');
  const configs = loadConfigs(file, overrides, flags.seeds);
  const { runExperiment } = await import('../run/experiment.js');
  const { signal, release } = interruptSignal();
  let exitCode = 0;
  try {
    for (const config of configs) {
      const outDir = join(flags.out ?? join('results', config.name), `seed-${config.train.seed}`);
      const options = {
        outDir,
        resume: flags.resume ?? false,
        force: flags.force ?? false,
        maxSteps: flags.maxSteps,
        dataDir: flags.dataDir,
        compile: flags.compile,
        ...(flags.profile ? { profile: (text: string) => process.stdout.write(text) } : {}),
        verbose: flags.verbose ?? false,
        progress: true,
        command: commandLine(),
        signal,
      };
      try {
        const { stopReason } = await runExperiment(config, options);
        process.stdout.write(`${outDir}: ${stopReason}\n`);
      } catch (error) {
        // the other seeds may fare better
        if (!(error instanceof DivergedError)) throw error;
        process.stderr.write(`${error.message}\n`);
        exitCode = error.exitCode;
      }
    }
  } finally {
    release();
  }
  return exitCode;
}
