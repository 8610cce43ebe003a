/** What a crash, a full disk or a careless hand leaves behind: a clear error or a clean recovery, never a wrong result. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load.js';
import { MissingError, UsageError } from '../errors.js';
import { type ExperimentOptions, runExperiment } from './experiment.js';

const config = parseConfig(`
name: beale
task: synthetic
model: { name: beale, start: [-2.0, -1.5] }
optimizer: { name: adam, lr: 0.05 }
scheduler: { name: gen, preset: paper, phi: 2 }
train: { steps: 20 }
eval: { every: 5 }
checkpoint: { every: 5 }
`);

let root = '';
let count = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gen-bench-recovery-'));
  await runExperiment(config, options(join(root, 'half'), { maxSteps: 10 }));
  await runExperiment(config, options(join(root, 'whole')));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function options(outDir: string, more: Partial<ExperimentOptions> = {}): ExperimentOptions {
  return { outDir, resume: false, force: false, compile: true, verbose: false, command: 'test', ...more };
}

/** A run stopped after step 10, to be damaged. */
function half(): string {
  const dir = join(root, String(count++));
  cpSync(join(root, 'half'), dir, { recursive: true });
  return dir;
}

const resume = (dir: string) => runExperiment(config, options(dir, { resume: true }));
const checkpoint = (dir: string) => join(dir, 'checkpoint', 'latest.safetensors');
const withoutTimes = (dir: string, file: string) =>
  readFileSync(join(dir, file), 'utf8')
    .split('\n')
    .map((line) => line.split(',').filter((_, i) => (file === 'eval.csv' ? i < 6 : i < 8 || i > 11)));

function expectWhole(dir: string): void {
  for (const file of ['metrics.csv', 'eval.csv']) {
    expect(withoutTimes(dir, file)).toEqual(withoutTimes(join(root, 'whole'), file));
  }
}

function edit(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

describe('resuming', () => {
  it('cleans up after a kill and ends like an unbroken run', async () => {
    const dir = half();
    writeFileSync(join(dir, 'checkpoint', 'latest.safetensors.99.tmp'), 'half a check');
    writeFileSync(join(dir, 'summary.json.tmp'), '{');
    writeFileSync(join(dir, '.lock'), JSON.stringify({ pid: 2 ** 22 - 3 }));
    rmSync(join(dir, 'summary.json'));
    await resume(dir);
    expectWhole(dir);
    expect(readdirSync(dir).filter((name) => /tmp|lock/.test(name))).toEqual([]);
    expect(readdirSync(join(dir, 'checkpoint'))).toEqual(['latest.safetensors']);
  });

  it('starts again where no checkpoint was written', async () => {
    const dir = half();
    rmSync(join(dir, 'checkpoint'), { recursive: true });
    truncateSync(join(dir, 'metrics.csv'), 100);
    await resume(dir);
    expectWhole(dir);
  });

  it.each<[string, (path: string) => void]>([
    ['cut short', (path) => truncateSync(path, 300)],
    ['empty', (path) => truncateSync(path, 0)],
    [
      'with a bit flipped',
      (path) => edit(path, (bytes) => bytes.writeUInt8(bytes.at(-9)! ^ 1, bytes.length - 9)),
    ],
    ['with its end in zeros', (path) => edit(path, (bytes) => bytes.fill(0, bytes.length - 16))],
    ['that is another file', (path) => writeFileSync(path, 'PK\x03\x04 surely no checkpoint')],
  ])('refuses a checkpoint %s', async (_, damage) => {
    const dir = half();
    damage(checkpoint(dir));
    await expect(resume(dir)).rejects.toThrow(MissingError);
    await expect(resume(dir)).rejects.toThrow(/damaged.*--force/s);
  });

  it('refuses a checkpoint of another version, saying which', async () => {
    const dir = half();
    edit(checkpoint(dir), (bytes) => {
      const key = 'version\\":';
      bytes.write('1', bytes.indexOf(key) + key.length);
    });
    await expect(resume(dir)).rejects.toThrow(/version 1; this gen-bench reads version \d/);
  });

  it.each([
    ['metrics.csv', /metrics\.csv: has \d whole rows up to step 10.*10/],
    ['eval.csv', /eval\.csv: has 1 whole rows? up to step 10.*--force/],
  ])('refuses %s that lost rows', async (file, message) => {
    const dir = half();
    const path = join(dir, file);
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${lines.slice(0, file === 'eval.csv' ? 2 : 6).join('\n')}\n`);
    await expect(resume(dir)).rejects.toThrow(message);
  });

  it('refuses other data than the run was started with', async () => {
    const { checkSameData } = await import('./provenance.js');
    const path = join(root, 'provenance.json');
    writeFileSync(path, JSON.stringify({ checksums: { 'a.bin': 'one', 'b.bin': 'two' } }));
    checkSameData(path, { 'a.bin': 'one', 'b.bin': 'two' });
    expect(() => checkSameData(path, { 'a.bin': 'one', 'b.bin': 'three' })).toThrow(/b\.bin is not the file/);
  });

  it('takes no notice of a clock that went backwards', async () => {
    const dir = half();
    const { now } = Date;
    Date.now = () => 0;
    try {
      await resume(dir);
    } finally {
      Date.now = now;
    }
    expectWhole(dir);
    expect(JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')).time.wallMs).toBeGreaterThan(0);
  });
});

describe('two runs on one directory', () => {
  it('leave it to one', async () => {
    const dir = join(root, 'both');
    const both = await Promise.allSettled([1, 2].map(() => runExperiment(config, options(dir))));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [loser] = both.filter((result) => result.status === 'rejected');
    expect(String(loser?.reason)).toMatch(/in use by process \d+/);
    expectWhole(dir);
  });

  it('wait for each other where asked to', async () => {
    const dir = join(root, 'patient');
    const first = runExperiment(config, options(dir));
    const second = runExperiment(config, options(dir, { resume: true, lockWaitMs: 30_000 }));
    await Promise.all([first, second]);
    expectWhole(dir);
  });
});

/** Mounts need root; elsewhere `npm run test:torture` as root covers them. */
const isRoot = process.getuid?.() === 0 && process.platform === 'linux' && canMount();

function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'gen-bench-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe.runIf(isRoot)('a disk', () => {
  async function onTmpfs(mount: string, work: (dir: string) => Promise<void>): Promise<void> {
    const dir = join(root, `mount-${count++}`);
    mkdirSync(dir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', mount, 'tmpfs', dir]);
    try {
      await work(dir);
    } finally {
      execFileSync('umount', ['--lazy', dir]);
    }
  }

  it('that is full stops the run; with room it goes on', async () => {
    await onTmpfs('size=64k', async (dir) => {
      const out = join(dir, 'run');
      await runExperiment(config, options(out, { maxSteps: 10 }));
      // all room but a page, which the lock takes: the checkpoint no longer fits
      const filler = join(dir, 'filler');
      const { bavail, bsize } = statfsSync(dir);
      writeFileSync(filler, Buffer.alloc((bavail - 1) * bsize));
      const full = resume(out);
      await expect(full).rejects.toThrow(UsageError);
      await expect(full).rejects.toThrow(/the disk is full. Make room, then go on with --resume/);
      rmSync(filler);
      await resume(out);
      expectWhole(out);

      writeFileSync(filler, Buffer.alloc(statfsSync(dir).bavail * bsize));
      await expect(resume(out)).rejects.toThrow(/the disk is full/);
    });
  });

  it('that is read-only is named', async () => {
    await onTmpfs('size=64k,ro', async (dir) => {
      await expect(runExperiment(config, options(join(dir, 'run')))).rejects.toThrow(
        /Choose a writable folder/,
      );
      await expect(runExperiment(config, options(dir))).rejects.toThrow(/read-only.*--out/);
      expect(existsSync(join(dir, 'run'))).toBe(false);
    });
  });
});
