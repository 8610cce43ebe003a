import { SingleBar } from 'cli-progress';

/** Bytes received so far, and in all where that is known. */
export type OnProgress = (received: number, total: number | undefined) => void;

export interface Progress {
  readonly update: OnProgress;
  stop(): void;
}

const LINE_EVERY_MS = 10_000;
const MB = 1e6;

/** A bar on a terminal, else a line on stderr now and then. */
export function downloadProgress(name: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? bar(name, stream) : lines(name, stream);
}

function bar(name: string, stream: NodeJS.WriteStream): Progress {
  const single = new SingleBar({
    stream,
    format: `${name} [{bar}] {value}/{total} MB`,
    hideCursor: true,
    clearOnComplete: true,
  });
  let started = false;
  return {
    update(received, total = received) {
      if (!started) single.start(round(total), 0);
      started = true;
      single.setTotal(round(total));
      single.update(round(received));
    },
    stop: () => single.stop(),
  };
}

function lines(name: string, stream: NodeJS.WriteStream): Progress {
  let last = Date.now();
  return {
    update(received, total) {
      if (Date.now() - last < LINE_EVERY_MS) return;
      last = Date.now();
      stream.write(`${name}: ${round(received)}${total ? ` of ${round(total)}` : ''} MB\n`);
    },
    stop() {},
  };
}

function round(bytes: number): number {
  return Math.round(bytes / MB);
}
