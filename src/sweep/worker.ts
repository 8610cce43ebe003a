/**
 * Entry of a worker process: runs the jobs that the sweep sends it, one after the other, so that TensorFlow is
 * loaded and the training step recorded once for many runs. SIGINT, SIGTERM, SIGUSR1 (a batch system signals all processes
 * of a job), or losing the parent, aborts the current run, which writes a checkpoint first.
 */
import { GenBenchError } from '../errors.js';
import { runExperiment } from '../run/experiment.js';
import type { JobReply, JobRequest } from './messages.js';

const abort = new AbortController();
let busy = false;

async function runJob({ config, options }: JobRequest): Promise<JobReply> {
  try {
    return { kind: 'done', summary: await runExperiment(config, { ...options, signal: abort.signal }) };
  } catch (error) {
    if (error instanceof GenBenchError)
      return { kind: 'failed', exitCode: error.exitCode, message: error.message };
    return {
      kind: 'failed',
      exitCode: 1,
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

process.on('message', async (request: JobRequest) => {
  busy = true;
  const reply = await runJob(request);
  busy = false;
  if (process.connected) process.send?.(reply);
  else process.exit(130);
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGUSR1']) process.on(name, () => abort.abort());
process.on('disconnect', () => {
  abort.abort();
  if (!busy) process.exit(0);
});
