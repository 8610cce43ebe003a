import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MissingError } from '../../errors.js';
import { loadSharp } from './image.js';
import { loadJpegDecoder } from './jpeg.js';
import { type SharedTask, type Task, workOn } from './task.js';
import type { Reply } from './worker.js';

/** Threads that resize. */
const MAX_THREADS = 8;
/**
 * libvips decodes in libuv's own threads, four unless UV_THREADPOOL_SIZE says otherwise; a thread that hands it images
 * keeps that many busy.
 */
const UV_THREADS = Number(process.env.UV_THREADPOOL_SIZE) || 4;
const UV_THREADS_PER_DECODER = 4;
/** Buffers kept for reuse: a new one of 75 MB costs the time of its page faults, and is long kept by idle threads. */
const MAX_FREE_BUFFERS = 4;

const workerPath = fileURLToPath(new URL('worker.js', import.meta.url));

/**
 * Worker threads that decode and resize images. A task is handed to them at once, so that they work on it while the
 * main thread is inside a training step. They start with the first task, and never keep the process alive.
 */
export class ImagePool {
  #workers: Worker[] = [];
  readonly #free: SharedArrayBuffer[] = [];
  #hasSharp = false;
  #nextId = 0;
  readonly #running = new Map<number, RunningTask>();

  /** @returns [B, side, side, channels]. @throws MissingError that names the image that failed */
  async run(task: Task): Promise<Uint8Array> {
    const count = task.kind === 'decode' ? task.sources.length : task.indices.length;
    const channels = task.kind === 'decode' ? 3 : task.shape[2];
    const output = this.#buffer(count * task.side * task.side * channels);
    const shared = { task, output, taken: new Int32Array(new SharedArrayBuffer(4)) };
    // The decoders' libraries must be loaded in the main thread first: they may not go away with a worker. Once they are,
    // nothing here waits, so that the task is under way before a training step holds this thread.
    if (task.kind === 'decode' && !this.#hasSharp) {
      await Promise.all([loadSharp(), loadJpegDecoder()]);
      this.#hasSharp = true;
    }
    await (existsSync(workerPath) ? this.#share(shared) : workOn(shared));
    return output;
  }

  /** Takes back what `run` gave. */
  release({ buffer }: ArrayBufferView): void {
    if (buffer instanceof SharedArrayBuffer && this.#free.length < MAX_FREE_BUFFERS) this.#free.push(buffer);
  }

  async close(): Promise<void> {
    await this.#end(new Error('the data set was closed'));
  }

  #buffer(bytes: number): Uint8Array {
    const index = this.#free.findIndex(({ byteLength }) => byteLength === bytes);
    const [free] = index < 0 ? [] : this.#free.splice(index, 1);
    return new Uint8Array(free ?? new SharedArrayBuffer(bytes));
  }

  #share(shared: SharedTask): Promise<void> {
    const wanted =
      shared.task.kind === 'decode' ? Math.ceil(UV_THREADS / UV_THREADS_PER_DECODER) : availableParallelism();
    const workers = this.#start(Math.min(wanted, MAX_THREADS));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#running.set(id, { waitingFor: workers.length, resolve, reject });
      for (const worker of workers) {
        worker.ref();
        worker.postMessage({ id, shared });
      }
    });
  }

  /** That many workers, started where they are not there yet. */
  #start(count: number): Worker[] {
    while (this.#workers.length < count) {
      const worker = new Worker(workerPath);
      worker.on('message', (reply: Reply) => this.#take(reply));
      // A failed image is a reply; this is a thread that died.
      worker.on('error', (error) => this.#end(error));
      this.#workers.push(worker);
    }
    return this.#workers.slice(0, count);
  }

  #take({ id, failure }: Reply): void {
    const task = this.#running.get(id);
    if (!task) return;
    if (failure)
      task.failure ??= failure.isMissing ? new MissingError(failure.message) : new Error(failure.message);
    task.waitingFor--;
    if (task.waitingFor > 0) return;
    this.#running.delete(id);
    if (this.#running.size === 0) for (const worker of this.#workers) worker.unref();
    if (task.failure) task.reject(task.failure);
    else task.resolve();
  }

  /** Ends all threads: one that is gone answers nothing more. The next task starts new ones. */
  async #end(error: Error): Promise<void> {
    const workers = this.#workers;
    this.#workers = [];
    for (const { reject } of this.#running.values()) reject(error);
    this.#running.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

interface RunningTask {
  waitingFor: number;
  failure?: Error;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}
