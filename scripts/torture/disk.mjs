import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const quiet = { stdio: 'ignore' };

/** Whether this process may mount a tmpfs: root on Linux. */
export function canMount() {
  const dir = mkdtempSync(join(tmpdir(), 'gen-bench-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', dir], quiet);
    execFileSync('umount', [dir], quiet);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(dir);
  }
}

/** A small disk on `dir` that can be filled and emptied. */
export function smallDisk(dir, size) {
  mkdirSync(dir, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir], quiet);
  const filler = join(dir, 'filler');
  return {
    /** Leaves `pages` free. */
    fill(pages) {
      const { bavail, bsize } = statfsSync(dir);
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(0, bavail - pages) * bsize));
      } catch {
        // the run took the room meanwhile: full all the same
      }
    },
    empty: () => rmSync(filler, { force: true }),
    unmount: () => execFileSync('umount', ['--lazy', dir], quiet),
  };
}
