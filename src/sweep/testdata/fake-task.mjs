// Stands in for `gen-bench slurm-task <array directory>`: does what the job's name says.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [, dir] = process.argv.slice(2);
const { SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID: index, SLURM_RESTART_COUNT } = process.env;
const { jobs, options } = JSON.parse(readFileSync(join(dir, 'tasks.json'), 'utf8'));
const { name, dir: runDir } = jobs[index];
const out = join(options.outDir, runDir);
mkdirSync(out, { recursive: true });
const end = (outcome) => writeFileSync(join(dir, `task-${index}.json`), JSON.stringify(outcome));
const done = () => {
  writeFileSync(join(out, 'restarts'), SLURM_RESTART_COUNT);
  writeFileSync(join(out, 'summary.json'), readFileSync(process.env.FAKE_SUMMARY));
  end({ kind: 'done' });
};
switch (name) {
  case 'diverge':
    end({ kind: 'diverged', message: 'the loss is NaN at step 3' });
    break;
  case 'lost':
    break;
  case 'requeue':
    if (SLURM_RESTART_COUNT === '0') {
      end({ kind: 'interrupted' });
      spawnSync('scontrol', ['requeue', `${SLURM_ARRAY_JOB_ID}_${index}`]);
    } else done();
    break;
  case 'wait': {
    const timer = setInterval(() => {}, 1000);
    process.on('SIGTERM', () => {
      end({ kind: 'interrupted' });
      clearInterval(timer);
    });
    writeFileSync(join(out, 'waiting'), '');
    break;
  }
  default:
    done();
}
