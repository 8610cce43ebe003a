import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterAll, expect, test } from 'vitest';
import { tarGzOf } from '../testing/archives.js';
import { safeName } from './paths.js';
import { unpackTarGz } from './unpack.js';

const folder = mkdtempSync(join(tmpdir(), 'unpack-'));
const path = join(folder, 'x.tar.gz');
let count = 0;
const target = () => join(folder, 'out', String(count++));
afterAll(() => rmSync(folder, { recursive: true }));

test('an archive is unpacked with its folders', async () => {
  writeFileSync(path, await tarGzOf({ './a/b.txt': 'B', c: 'C' }));
  const out = target();
  await unpackTarGz(path, out);
  expect(readFileSync(join(out, 'a/b.txt'), 'utf8')).toBe('B');
  expect(readFileSync(join(out, 'c'), 'utf8')).toBe('C');
});

test.each(['../evil', 'a/../../evil', '/tmp/evil-of-unpack-test', 'a\\..\\evil'])(
  'the name %s is refused',
  async (name) => {
    writeFileSync(path, await tarGzOf({ good: 'x', [name]: 'evil' }));
    await expect(unpackTarGz(path, target())).rejects.toThrow(/x\.tar\.gz: has the unsafe file name/);
    expect(existsSync(join(folder, 'out', 'evil')) || existsSync('/tmp/evil-of-unpack-test')).toBe(false);
    expect(() => safeName(name, 'list.txt')).toThrow(/list\.txt: has the unsafe file name/);
  },
);

test('a link, and a file through it, are refused', async () => {
  const pack = tar.pack();
  pack.entry({ name: 'way-out', type: 'symlink', linkname: folder });
  pack.entry({ name: 'way-out/evil' }, 'evil');
  pack.finalize();
  writeFileSync(path, gzipSync(await buffer(pack)));
  await expect(unpackTarGz(path, target())).rejects.toThrow(/has a link, 'way-out'/);
  expect(existsSync(join(folder, 'evil'))).toBe(false);
});

test('a truncated archive and one of another format are refused', async () => {
  const bytes = await tarGzOf({ a: randomBytes(5000) });
  writeFileSync(path, bytes.subarray(0, 1000));
  await expect(unpackTarGz(path, target())).rejects.toThrow(
    /x\.tar\.gz: cannot be read as a tar archive: unexpected end of file/,
  );
  writeFileSync(path, 'no gzip');
  await expect(unpackTarGz(path, target())).rejects.toThrow(
    /x\.tar\.gz: cannot be read as a tar archive: Unexpected end of data/,
  );
});
