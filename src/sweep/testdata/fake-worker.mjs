// Stands in for src/sweep/worker.ts: does what `config.name` says, and leaves a run's directory.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const send = (reply) => process.send(reply);
const failed = (exitCode, message) => send({ kind: 'failed', exitCode, message });
let interrupted = () => {};
process.on('SIGINT', () => interrupted());
process.on('disconnect', () => process.exit(0));

process.on('message', ({ config, options }) => {
  mkdirSync(options.outDir, { recursive: true });
  const path = join(options.outDir, 'trace.json');
  const attempts = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).attempts + 1 : 1;
  const trace = { pid: process.pid, threads: process.env.GEN_BENCH_THREADS, options, attempts };
  writeFileSync(path, JSON.stringify(trace));
  switch (config.name) {
    case 'crash-once':
      if (attempts === 1) process.exit(7);
      send({ kind: 'done', summary: { status: 'done', name: config.name, final: {} } });
      break;
    case 'crash':
      console.error('out of luck');
      process.exit(7);
      break;
    case 'killed':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'diverge':
      failed(4, 'loss is NaN at step 3');
      break;
    case 'missing':
      failed(3, 'no data');
      break;
    case 'usage':
      failed(2, 'wrong');
      break;
    case 'wait':
      interrupted = () => failed(130, 'interrupted');
      writeFileSync(join(options.outDir, 'waiting'), '');
      break;
    default:
      send({ kind: 'done', summary: { status: 'done', name: config.name, final: { accuracy: Number.NaN } } });
  }
});
