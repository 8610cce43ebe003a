import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Origin } from './manifest.js';
import { PackageDownloads } from './packages.js';

let folder: string;
let packages: PackageDownloads;
const sha256 = '0'.repeat(64);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packages-test-'));
  packages = new PackageDownloads(folder);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Puts a stand-in for a registry's client first on the PATH. */
async function client(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}

const fetchText = async (origin: Omit<Origin, 'sha256'>) => {
  await packages.fetch({ ...origin, sha256 }, join(folder, 'target'));
  return readFile(join(folder, 'target'), 'utf8');
};

test('an npm archive as it is, asked for once', async () => {
  await client('npm', 'printf archive > x-1.0.0.tgz');
  expect(await fetchText({ npm: 'x@1.0.0' })).toBe('archive');
  expect(await fetchText({ npm: 'x@1.0.0' })).toBe('archive');
  const calls = await readFile(join(folder, 'calls'), 'utf8');
  expect(calls).toMatch(/^pack x@1\.0\.0 --pack-destination=\S+ --ignore-scripts .*\n$/);
  await packages.close();
  expect((await readdir(folder)).filter((name) => name.startsWith('packages-'))).toEqual([]);
});

test('a member of a source distribution and of a wheel', async () => {
  const archive = tar.pack();
  archive.entry({ name: 'x-1/data.txt' }, 'from the sdist');
  archive.finalize();
  await writeFile(join(folder, 'x-1.tar.gz'), gzipSync(await buffer(archive)));
  await client('python3', `cp ${folder}/x-1.tar.gz .`);
  expect(await fetchText({ pypi: 'x==1', member: 'x-1/data.txt' })).toBe('from the sdist');
  await expect(fetchText({ pypi: 'x==1', member: 'y' })).rejects.toThrow('the package has no y');
  expect(await readFile(join(folder, 'calls'), 'utf8')).toMatch(/^-m pip download --no-deps .* x==1\n$/);
});

test('a member of an archive inside a source distribution', async () => {
  const pack = async (name: string, content: string | Buffer) => {
    const archive = tar.pack();
    archive.entry({ name }, content);
    archive.finalize();
    return gzipSync(await buffer(archive));
  };
  const inner = await pack('inner/data.txt', 'from within');
  await writeFile(join(folder, 'x-1.tar.gz'), await pack('x-1/inner.tar.gz', inner));
  await client('python3', `cp ${folder}/x-1.tar.gz .`);
  const origin: Omit<Origin, 'sha256'> = { pypi: 'x==1', sdist: true, member: 'x-1/inner.tar.gz' };
  expect(await fetchText({ ...origin, inner: 'inner/data.txt' })).toBe('from within');
  await expect(fetchText({ ...origin, inner: 'y' })).rejects.toThrow('the package has no y');
  expect(await readFile(join(folder, 'calls'), 'utf8')).toContain('--no-binary=:all:');
});

test('says what a client said, or that it is not there', async () => {
  await client('npm', 'echo "npm notice x" >&2; echo "npm error code E404" >&2; exit 1');
  await expect(fetchText({ npm: 'x@1' })).rejects.toThrow('npm failed: npm error code E404');
  await client('python3', 'true');
  await expect(fetchText({ pypi: 'x==1' })).rejects.toThrow('python3 left no single archive');
  vi.stubEnv('PATH', folder);
  await expect(fetchText({ debian: 'x', member: 'y' })).rejects.toThrow('apt-get is not installed');
});
