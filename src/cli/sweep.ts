import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { SweepJob } from '../config/sweep.js';
import { UsageError } from '../errors.js';
import type { SweepOptions, SweepResult } from '../sweep/run.js';
import { interruptSignal } from './interrupt.js';
import { commandLine, positiveInteger, wholeNumber } from './options.js';
import type { SetExitCode } from './program.js';

interface SweepFlags {
  jobs?: number;
  launcher: 'local' | 'slurm';
  sbatch?: string;
  out?: string;
  resume?: boolean;
  force?: boolean;
  retries: number;
  maxSteps?: number;
  dataDir?: string;
  compile: boolean;
}

export function addSweep(program: Command, setExitCode: SetExitCode): void {
  program
    .command('sweep')
    .summary('train every combination of a sweep')
    .description(
      'Trains every job of a sweep into results/<sweep>/<job>/seed-<n>/. A job that fails does not stop the others;\n' +
        'jobs that are done are not run again.',
    )
    .argument('<sweep.yaml>')
    .option('--jobs <n>', 'runs at the same time (default: by cores and memory)', positiveInteger)
    .addOption(
      new Option('--launcher <name>', 'where jobs run: this machine, or a Slurm job array')
        .choices(['local', 'slurm'])
        .default('local'),
    )
    .option('--sbatch <arguments>', 'arguments for sbatch, e.g. "--partition=gpu --time=2:00:00"')
    .option('--out <dir>', 'directory of the sweep (default: results/<sweep>)')
    .option('--resume', 'go on from the checkpoints of jobs that were begun')
    .option('--force', 'start every job again')
    .option('--retries <n>', 'times to try again after the process of a job died', wholeNumber, 1)
    .option('--max-steps <n>', 'stop each job after n steps', positiveInteger)
    .option('--data-dir <dir>', 'folder with data and weights of your own')
    .option('--no-compile', 'run every operation by itself instead of as a recorded graph')
    .action(async (file: string, flags: SweepFlags) => {
      setExitCode(await sweep(file, flags));
    });
}

async function sweep(file: string, flags: SweepFlags): Promise<number> {
  if (flags.sbatch !== undefined && flags.launcher !== 'slurm') {
    throw new UsageError('--sbatch is for --launcher slurm');
  }
  const { checkSweepFile } = await import('../config/sweep.js');
  const { ConfigError } = await import('../config/problems.js');
  const { printWarnings } = await import('./warnings.js');
  const checked = checkSweepFile(file);
  if (!checked.sweep) throw new ConfigError(checked.problems.filter(({ severity }) => severity === 'error'));
  printWarnings(checked.problems);
  const { name, jobs } = checked.sweep;

  const { sweepProgress } = await import('../sweep/progress.js');
  const outDir = flags.out ?? join('results', name);
  const { signal, release } = interruptSignal();
  const progress = sweepProgress(jobs.length, process.stderr);
  const options = {
    outDir,
    resume: flags.resume ?? false,
    force: flags.force ?? false,
    retries: flags.retries,
    maxSteps: flags.maxSteps,
    dataDir: flags.dataDir,
    compile: flags.compile,
    command: commandLine(),
    signal,
    onEvent: progress.onEvent,
  };
  try {
    const { writeJobList } = await import('../sweep/job-list.js');
    writeJobList(outDir, jobs);
    const { exitCode } = await launch(jobs, options, flags);
    process.stdout.write(`${outDir}\n`);
    return exitCode;
  } finally {
    progress.stop();
    release();
  }
}

async function launch(
  jobs: readonly SweepJob[],
  options: Omit<SweepOptions, 'jobs'>,
  flags: SweepFlags,
): Promise<SweepResult> {
  if (flags.launcher === 'slurm') {
    const { runSlurmSweep } = await import('../sweep/slurm.js');
    return runSlurmSweep(jobs, {
      ...options,
      jobs: flags.jobs,
      sbatchArguments: flags.sbatch?.split(/\s+/).filter((word) => word !== '') ?? [],
      program: [process.execPath, resolve(process.argv[1] ?? '')],
    });
  }
  const { runSweep } = await import('../sweep/run.js');
  return runSweep(jobs, { ...options, jobs: flags.jobs ?? (await chooseJobs(jobs)) });
}

async function chooseJobs(jobs: readonly SweepJob[]): Promise<number> {
  const { defaultJobs, thisMachine } = await import('../sweep/default-jobs.js');
  const configs = jobs.map(({ config }) => config);
  const count = defaultJobs(configs, thisMachine());
  if (count > 1) {
    process.stderr.write(`${count} runs at a time, which shows in their times; --jobs 1 runs one by one\n`);
  }
  return count;
}
