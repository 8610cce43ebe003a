// Stands in for Slurm's commands: `fake-slurm.mjs <command> <arguments>`. The queue is the folder $FAKE_SLURM, a file
// a task with its state in it. A detached process runs the tasks of an array, as many at once as its script says.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const queue = process.env.FAKE_SLURM;
const [command, ...args] = process.argv.slice(2);
appendFileSync(join(queue, '..', 'calls'), `${[command, ...args].join(' ')}\n`);
const stateOf = (id) => join(queue, id);
const tasksOf = (jobId) => readdirSync(queue).filter((name) => name.startsWith(`${jobId}_`));
const set = (id, state, pid) => writeFileSync(stateOf(id), JSON.stringify({ state, pid }));
const get = (id) => JSON.parse(readFileSync(stateOf(id), 'utf8'));

async function runTask(jobId, index, script) {
  const id = `${jobId}_${index}`;
  for (let restarts = 0; existsSync(stateOf(id)); restarts++) {
    const env = {
      ...{ ...process.env, SLURM_ARRAY_JOB_ID: jobId, SLURM_ARRAY_TASK_ID: String(index) },
      SLURM_RESTART_COUNT: String(restarts),
    };
    const child = spawn('bash', [script], { env, stdio: 'ignore' });
    set(id, 'RUNNING', child.pid);
    await new Promise((done) => child.on('exit', done));
    if (!existsSync(stateOf(id)) || get(id).state !== 'REQUEUED') rmSync(stateOf(id), { force: true });
  }
}

const commands = {
  sbatch() {
    if (args.includes('--partition=none')) {
      process.stderr.write('sbatch: error: invalid partition specified: none\n');
      process.exitCode = 1;
      return;
    }
    const script = args.at(-1);
    const [, last] = readFileSync(script, 'utf8').match(/--array=0-(\d+)/);
    const jobId = '17';
    for (let i = 0; i <= Number(last); i++) set(`${jobId}_${i}`, 'PENDING');
    const words = [fileURLToPath(import.meta.url), 'controller', jobId, script];
    spawn(process.execPath, words, { detached: true, stdio: 'ignore' }).unref();
    console.log(`${jobId};cluster`);
  },
  async controller() {
    const [jobId, script] = args;
    const [, limit] = readFileSync(script, 'utf8').match(/--array=[^%\n]*%?(\d*)/);
    const indices = tasksOf(jobId).map((id) => Number(id.split('_')[1]));
    const work = async () => {
      for (let i = indices.shift(); i !== undefined; i = indices.shift()) await runTask(jobId, i, script);
    };
    await Promise.all(Array.from({ length: Number(limit) || indices.length }, work));
  },
  squeue() {
    const jobId = args.find((arg) => arg.startsWith('--jobs=')).slice('--jobs='.length);
    const tasks = tasksOf(jobId);
    if (tasks.length === 0) {
      process.stderr.write('slurm_load_jobs error: Invalid job id specified\n');
      process.exitCode = 1;
    }
    for (const id of tasks) console.log(`${id.split('_')[1]} ${get(id).state}`);
  },
  scontrol() {
    set(args[1], 'REQUEUED');
  },
  scancel() {
    const tasks = tasksOf(args[0]).map((id) => ({ id, ...get(id) }));
    // what waits leaves first: a task that ends makes room for the next one
    for (const { id, state } of tasks) if (state !== 'RUNNING') rmSync(stateOf(id));
    for (const { state, pid } of tasks) if (state === 'RUNNING') process.kill(pid, 'SIGTERM');
  },
};
await commands[command]();
