import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCompare } from './compare.js';
import { addDoctor } from './doctor.js';
import { addExplain } from './explain.js';
import { addFetch } from './fetch.js';
import { addFigure } from './figure.js';
import { addList } from './list.js';
import { addPredict } from './predict.js';
import { addReport } from './report.js';
import { addRun } from './run.js';
import { addSlurmTask } from './slurm-task.js';
import { addStatus } from './status.js';
import { addSweep } from './sweep.js';
import { addTable } from './table.js';
import { addValidate } from './validate.js';
import { addWatch } from './watch.js';

/** Tells the process's exit code where a command does not end with 0 and yet has no error to throw. */
export type SetExitCode = (code: number) => void;

/** The commands. Each file imports what it runs only when it runs, so that every command starts fast. */
export function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command('gen-bench')
    .description("Compares the generalized Newton's method (GeN) with tuned learning-rate schedules.")
    .version(version(), '--version')
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 defect or drift, 2 usage or config, 3 data or engine missing, 4 diverged, 130 interrupted.',
    );
  addRun(program, setExitCode);
  addSweep(program, setExitCode);
  addStatus(program);
  addWatch(program, setExitCode);
  addCompare(program);
  addTable(program);
  addFigure(program);
  addReport(program);
  addPredict(program);
  addExplain(program);
  addValidate(program);
  addFetch(program);
  addList(program);
  addDoctor(program, setExitCode);
  addSlurmTask(program, setExitCode);
  return program;
}

function version(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
