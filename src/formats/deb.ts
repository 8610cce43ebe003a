import { spawn } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingError } from '../errors.js';
import { damaged } from './files.js';
import { readTarMembers } from './tar.js';

/**
 * The content of the files of a Debian package whose name (`usr/share/…`) `wanted` accepts, by name. Unpacked by
 * `dpkg-deb`, which reads the format's several compressions.
 *
 * @throws MissingError where the package is damaged or the machine has no dpkg-deb
 */
export async function readDebianMembers(
  path: string,
  wanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'gen-bench-deb-'));
  try {
    const tar = join(folder, 'data.tar');
    await writeTar(path, tar);
    const strip = (name: string) => name.replace(/^\.\//, '');
    const members = await readTarMembers(tar, (name) => wanted(strip(name)));
    return new Map([...members].map(([name, content]) => [strip(name), content]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTar(path: string, target: string): Promise<void> {
  const file = await open(target, 'w');
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn('dpkg-deb', ['--fsys-tarfile', path], { stdio: ['ignore', file.fd, 'pipe'] });
      let message = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        message += chunk;
      });
      child.on('error', () => {
        reject(new MissingError(`${path} is a Debian package; reading it needs the program dpkg-deb`));
      });
      child.on('close', (code) => {
        if (code === 0) resolve();
        else reject(damaged(path, `cannot be read as a Debian package: ${message.trim().split('\n')[0]}`));
      });
    });
  } finally {
    await file.close();
  }
}
