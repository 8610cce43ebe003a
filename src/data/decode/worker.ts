/** A worker thread of `ImagePool`: works on the tasks it is sent, in their order, and answers each. */
import { parentPort } from 'node:worker_threads';
import { MissingError } from '../../errors.js';
import { type SharedTask, workOn } from './task.js';

/** The answer to a task: done, or why not. */
export interface Reply {
  readonly id: number;
  readonly failure?: { readonly message: string; readonly isMissing: boolean };
}

let previous: Promise<void> = Promise.resolve();

parentPort?.on('message', ({ id, shared }: { id: number; shared: SharedTask }) => {
  previous = previous.then(async () => {
    const reply = await workOn(shared).then(
      (): Reply => ({ id }),
      (error: Error): Reply => {
        const isMissing = error instanceof MissingError;
        return {
          id,
          failure: { message: isMissing ? error.message : (error.stack ?? error.message), isMissing },
        };
      },
    );
    parentPort?.postMessage(reply);
  });
});
