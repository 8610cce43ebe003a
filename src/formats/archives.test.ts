import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testdata } from '../testing/oracle-files.js';
import { readTarMembers } from './tar.js';
import { readZipMember, storedZipRanges } from './zip.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archives-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function pack(members: Record<string, string>): Promise<Buffer> {
  const archive = tar.pack();
  for (const [name, content] of Object.entries(members)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}

describe('tar', () => {
  test('reads chosen members, gzipped or not', async () => {
    const bytes = await pack({ 'a/one.txt': 'one', 'a/two.txt': 'two'.repeat(1000), 'b.txt': 'b' });
    for (const [name, content] of [
      ['x.tar', bytes],
      ['x.tar.gz', gzipSync(bytes)],
    ] as const) {
      const members = await readTarMembers(await write(name, content), (member) => member.startsWith('a/'));
      expect([...members.keys()]).toEqual(['a/one.txt', 'a/two.txt']);
      expect(members.get('a/two.txt')!.toString()).toBe('two'.repeat(1000));
    }
  });

  test.each(['../evil', '/etc/evil', 'a/../../evil'])('refuses the name %s', async (name) => {
    const path = await write('evil.tar', await pack({ [name]: 'x' }));
    await expect(readTarMembers(path, () => true)).rejects.toThrow(
      /evil\.tar: has a member with the unsafe name/,
    );
  });

  test('names a truncated archive', async () => {
    const bytes = await pack({ 'a.bin': 'x'.repeat(5000) });
    const plain = await write('cut.tar', bytes.subarray(0, 3000));
    await expect(readTarMembers(plain, () => true)).rejects.toThrow(
      /cut\.tar: cannot be read as a tar archive/,
    );
    const zipped = await write('cut.tar.gz', gzipSync(bytes).subarray(0, 60));
    await expect(readTarMembers(zipped, () => true)).rejects.toThrow(
      /cut\.tar\.gz: cannot be read as a tar archive/,
    );
  });

  test('names a file that is no archive', async () => {
    const html = await write('page.tar.gz', Buffer.from('<html>not found</html>'.repeat(50)));
    await expect(readTarMembers(html, () => true)).rejects.toThrow(
      /page\.tar\.gz: cannot be read as a tar archive/,
    );
    await expect(readTarMembers(join(folder, 'absent'), () => true)).rejects.toThrow(/absent: no such file/);
  });
});

describe('zip', () => {
  test('reads one member', async () => {
    const path = join(folder, 'x.zip');
    const script =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED); z.writestr("a/b", "hello" * 99); z.close()';
    execFileSync('python3', ['-c', script, path]);
    expect((await readZipMember(path, 'a/b')).toString()).toBe('hello'.repeat(99));
    await expect(readZipMember(path, 'c')).rejects.toThrow(/x\.zip: has no member c/);
    expect(await storedZipRanges(path)).toEqual(new Map());
  });

  test('finds stored members without reading them', async () => {
    const path = testdata('state.pth');
    const range = (await storedZipRanges(path)).get('state/byteorder')!;
    const bytes = await readFile(path);
    expect(bytes.subarray(range.start, range.start + range.length).toString()).toBe('little');
  });

  test('names a file that is no archive', async () => {
    const path = await write('page.zip', Buffer.from('<html>'));
    await expect(readZipMember(path, 'a')).rejects.toThrow(/page\.zip: cannot be read as a zip archive/);
  });
});
