// `npm run quickstart`: from a fresh clone to GeN compared with every baseline on real images, in one command. Called
// again, it goes on where it was interrupted, and shows what it has where it was not.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join('results', 'quickstart');
const CLI = join('bin', 'gen-bench.js');
const CSV = join(OUT, 'comparison.csv');
const PICTURE = join(OUT, 'comparison.svg');
const REPORT = join(OUT, 'report.html');

/** Each ends the whole with its own exit code where it fails. */
const STEPS = [
  { args: [join('scripts', 'setup', 'main.mjs')] },
  { args: [CLI, 'sweep', join('configs', 'sweeps', 'quickstart.yaml'), '--out', OUT, '--resume'] },
  { args: [CLI, 'compare', OUT] },
  { args: [CLI, 'compare', OUT, '--format', 'csv'], toFile: CSV },
  { args: [CLI, 'figure', '1', '--results', OUT, '--out', PICTURE] },
  { args: [CLI, 'report', OUT, '--out', REPORT] },
];

/** Runs one step with our terminal; resolves to its exit code, 128 + n where a signal ended it. */
function runStep({ args, toFile }) {
  return new Promise((resolve) => {
    const output = toFile === undefined ? 'inherit' : openSync(join(ROOT, toFile), 'w');
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['inherit', output, 'inherit'] });
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

// The step in progress gets Ctrl-C from the terminal as well, and ends in its own way.
process.on('SIGINT', () => {});

if (process.argv.length > 2) {
  process.stderr.write('quickstart takes no arguments; gen-bench sweep --help shows what the sweep takes\n');
  process.exit(2);
}
for (const step of STEPS) {
  const exitCode = await runStep(step);
  if (exitCode !== 0) process.exit(exitCode);
}
const here = (path) => relative(process.cwd(), join(ROOT, path));
process.stderr.write(
  `\nRuns with metrics.csv and eval.csv: ${here(OUT)}\nTable: ${here(CSV)}\nPicture: ${here(PICTURE)}\nReport: ${here(REPORT)}\n`,
);
