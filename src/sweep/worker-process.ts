import { type ChildProcess, fork } from 'node:child_process';
import type { JobReply, JobRequest } from './messages.js';

/** How much of a worker's last output is kept to explain a crash. */
const TAIL_CHARACTERS = 2000;
/** How long an idle worker may take to end by itself. */
const CLOSE_MS = 2000;

/** A child process that runs jobs in sequence. A crash fails the job it was at and ends the worker. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private tail = '';
  private ended = false;

  constructor(workerPath: string, env: NodeJS.ProcessEnv) {
    this.child = fork(workerPath, {
      env,
      // its own process group: Ctrl-C reaches it once, through `interrupt`, not a second time from the terminal
      detached: true,
      // keeps NaN and Infinity, which JSON would lose
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const keepTail = (chunk: Buffer) => {
      this.tail = (this.tail + chunk.toString()).slice(-TAIL_CHARACTERS);
    };
    this.child.stdout?.on('data', keepTail);
    this.child.stderr?.on('data', keepTail);
    this.child.on('exit', () => {
      this.ended = true;
    });
    this.child.on('error', () => {
      this.ended = true; // could not be started or reached: `run` reports it
    });
  }

  get alive(): boolean {
    return !this.ended && this.child.connected;
  }

  /** Runs one job; resolves in any case, a crash being a failed job. */
  run(request: JobRequest): Promise<JobReply> {
    return new Promise((resolve) => {
      const finish = (reply: JobReply) => {
        this.child.off('message', finish).off('close', onClose).off('error', onError);
        resolve(reply);
      };
      const onError = (error: Error) => {
        finish({ kind: 'failed', exitCode: 1, message: `worker process: ${error.message}` });
      };
      // `close`, not `exit`: only then has all of its output arrived
      const onClose = (code: number | null, signal: NodeJS.Signals | null) => {
        // a worker that was still loading has no handler yet: nothing begun, nothing lost
        const exitCode = signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 1;
        finish({ kind: 'failed', exitCode, message: this.crashMessage(code, signal) });
      };
      this.child.on('message', finish).on('close', onClose).on('error', onError);
      this.child.send(request, (error) => error && onError(error));
    });
  }

  /** Asks for a checkpoint and the end of the current job. */
  interrupt(): void {
    if (!this.ended) this.child.kill('SIGINT');
  }

  /** Lets an idle worker end. */
  async close(): Promise<void> {
    if (this.ended) return;
    const exited = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSE_MS);
    await exited;
    clearTimeout(timer);
  }

  private crashMessage(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const hint = signal === 'SIGKILL' ? ' (killed from outside; often: out of memory, try fewer --jobs)' : '';
    const output = this.tail.trim();
    return `the worker process ended with ${how}${hint}${output && `; its last output:\n${output}`}`;
  }
}
