// Runs a sweep on a real Slurm cluster made of this one machine, and does to it what clusters do: a time limit shorter
// than the runs, a preemption, a Ctrl-C. Each time the sweep must end with the rows of the same sweep run here without
// Slurm, to the last bit.
//
//   apt-get install slurm-wlm munge      (Debian; as root)
//   npm run test:slurm -- [--keep]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { difference } from '../torture/compare.mjs';
import { startCluster } from './cluster.mjs';

const program = fileURLToPath(new URL('../../bin/gen-bench.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'gen-bench-slurm-'));
const sweepFile = join(root, 'sweep.yaml');
writeFileSync(
  join(root, 'base.yaml'),
  `name: valley
task: synthetic
model: { name: rosenbrock, start: [-1.2, 1.0] }
optimizer: { name: adam, lr: 0.01 }
scheduler: { name: gen, preset: paper, phi: 1, gamma: 0 }
train: { steps: 30000, seed: 0 }
`,
);
writeFileSync(sweepFile, 'name: valley\nbase: base.yaml\ngrid: { scheduler.name: [gen, constant] }\n');

console.log(`in ${root}`);
const reference = join(root, 'reference');
execFileSync(process.execPath, [program, 'sweep', sweepFile, '--out', reference], { stdio: 'inherit' });

mkdirSync(join(root, 'cluster'));
const { env, stop } = await startCluster(join(root, 'cluster'));
const slurm = (command, ...args) => execFileSync(command, args, { env, encoding: 'utf8' });
console.log(slurm('sinfo', '--version').trim());

/** Starts the sweep; resolves to its exit code. */
function sweep(outDir, ...args) {
  const words = [program, 'sweep', sweepFile, '--launcher', 'slurm', '--out', outDir, ...args];
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const exitCode = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)));
  return { child, exitCode };
}

/** Waits until a run has written rows. */
async function untilBegun(outDir) {
  const begun = () =>
    ['gen', 'constant'].some((name) => {
      const path = join(outDir, name, 'seed-0', 'metrics.csv');
      return existsSync(path) && readFileSync(path, 'utf8').split('\n').length > 1000;
    });
  while (!begun()) await delay(200);
}

/** How often Slurm started the tasks of the sweep's latest array again. */
function restarts(outDir) {
  const arrays = spawnSync('ls', [join(outDir, '.slurm')], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n');
  const jobId = readFileSync(join(outDir, '.slurm', arrays.at(-1), 'job-id'), 'utf8');
  const found = [...slurm('scontrol', 'show', 'job', jobId).matchAll(/Restarts=(\d+)/g)];
  return found.map(([, count]) => Number(count));
}

const failures = [];
function check(name, isRight, detail) {
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  if (!isRight) failures.push(name);
}
function checkRows(name, outDir) {
  rmSync(join(outDir, '.slurm'), { recursive: true });
  const differs = difference(reference, outDir);
  check(`${name}: rows, weights, summary`, differs === undefined, differs ?? 'equal to the last bit');
}

try {
  {
    const outDir = join(root, 'time-limit');
    // the limit is counted in minutes, so the signal comes early instead
    const { exitCode } = sweep(outDir, '--sbatch', '--time=1 --signal=B:USR1@45');
    const code = await exitCode;
    const counts = restarts(outDir);
    check('time limit', code === 0 && counts.some((n) => n > 0), `exit ${code}, restarts ${counts}`);
    checkRows('time limit', outDir);
  }
  {
    const outDir = join(root, 'preemption');
    const { exitCode } = sweep(outDir);
    await untilBegun(outDir);
    slurm('sbatch', '--partition=urgent', '--exclusive', '--output=/dev/null', '--wrap=sleep 3');
    const code = await exitCode;
    const counts = restarts(outDir);
    check('preemption', code === 0 && counts.some((n) => n > 0), `exit ${code}, restarts ${counts}`);
    checkRows('preemption', outDir);
  }
  {
    const outDir = join(root, 'ctrl-c');
    const first = sweep(outDir, '--jobs', '1');
    await untilBegun(outDir);
    first.child.kill('SIGINT');
    const code = await first.exitCode;
    const queue = slurm('squeue', '--noheader').trim();
    check('Ctrl-C', code === 130 && queue === '', `exit ${code}, queue «${queue}»`);
    const summary = JSON.parse(readFileSync(join(outDir, 'gen', 'seed-0', 'summary.json'), 'utf8'));
    check('Ctrl-C: checkpoint', summary.status === 'interrupted', summary.stopReason);
    check('resume', (await sweep(outDir, '--resume').exitCode) === 0, 'ended');
    checkRows('resume', outDir);
  }
} finally {
  stop();
  await delay(2000);
  if (process.argv.includes('--keep') || failures.length > 0) console.log(`kept: ${root}`);
  else rmSync(root, { recursive: true, force: true });
}
process.exitCode = failures.length > 0 ? 1 : 0;
