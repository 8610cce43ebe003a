import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';

/** The process that holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** Absent in locks that only hold a process id. */
  readonly host?: string;
  /** When the process began, in the kernel's ticks: tells it from a later one with the same id. Linux only. */
  readonly startTicks?: string;
}

export interface Lock {
  release(): void;
}

/** How often the owner touches its lock, for processes on other machines that cannot see whether it lives. */
const HEARTBEAT_MS = 20_000;
/** A lock of another machine untouched for so long is stale; a single training step may block the heartbeat. */
const STALE_MS = 10 * 60_000;
/** A lock file still empty after this long was left by a process killed between making and filling it. */
const EMPTY_MS = 1000;
const POLL_MS = 20;

/**
 * Takes an exclusive lock: a file that names its owner. One left by a process that is gone is taken over, also when
 * another process has its id by now; on a shared file system so is one of another machine that shows no life.
 *
 * @returns the lock, or who has it
 * @throws what the file system throws where the file cannot be made
 */
export function tryLock(path: string): Lock | { readonly owner: LockOwner } {
  const content = JSON.stringify({ ...self(), token: randomBytes(8).toString('hex') });
  for (;;) {
    if (create(path, content)) return hold(path, content);
    const found = settledContent(path);
    if (found === undefined) continue; // given back meanwhile
    const owner = parseOwner(found);
    if (owner && isHolding(owner, path)) return { owner };
    discard(path, found);
  }
}

/** Who has the lock, undefined where nobody has it; takes nothing. */
export function lockOwner(path: string): LockOwner | undefined {
  const content = read(path);
  const owner = content === undefined ? undefined : parseOwner(content);
  return owner && isHolding(owner, path) ? owner : undefined;
}

function self(): LockOwner {
  return { pid: process.pid, host: hostname(), startTicks: startTicks(process.pid) };
}

function create(path: string, content: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(fd, content);
  } catch (error) {
    rmSync(path, { force: true }); // a full disk: nobody must wait for an empty lock
    throw error;
  } finally {
    closeSync(fd);
  }
  return true;
}

function hold(path: string, content: string): Lock {
  const heartbeat = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // gone: someone removed it by hand
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release() {
      clearInterval(heartbeat);
      if (read(path) === content) rmSync(path, { force: true });
    },
  };
}

/** The file's content, an owner that is about to write it given a moment; undefined when there is no file. */
function settledContent(path: string): string | undefined {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += POLL_MS) {
    const content = read(path);
    if (content !== '' || waited >= EMPTY_MS) return content;
    Atomics.wait(pause, 0, 0, POLL_MS);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseOwner(content: string): LockOwner | undefined {
  try {
    const parsed: unknown = JSON.parse(content);
    const owner = typeof parsed === 'number' ? { pid: parsed } : (parsed as LockOwner | null);
    return Number.isInteger(owner?.pid) && (owner?.pid ?? 0) > 0 ? (owner as LockOwner) : undefined;
  } catch {
    return undefined;
  }
}

function isHolding(owner: LockOwner, path: string): boolean {
  if (owner.host !== undefined && owner.host !== hostname()) return silence(path) < STALE_MS;
  if (!isAlive(owner.pid)) return false;
  return owner.startTicks === undefined || owner.startTicks === startTicks(owner.pid);
}

/** Milliseconds since the owner last touched the lock, by the file system's own clock. */
function silence(path: string): number {
  const probe = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(probe, '');
    return statSync(probe).mtimeMs - statSync(path).mtimeMs;
  } catch {
    return 0; // gone meanwhile: look again
  } finally {
    rmSync(probe, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat, counted behind the name in parentheses, which may hold anything. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Removes a stale lock, unless someone else has just replaced it by a live one: that one is put back. */
function discard(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    if (read(aside) !== stale) linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
