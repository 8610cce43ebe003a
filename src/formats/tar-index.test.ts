import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterAll, describe, expect, test } from 'vitest';
import { tarOf } from '../testing/archives.js';
import { tarEntries } from './tar-index.js';

const folder = mkdtempSync(join(tmpdir(), 'tar-index-'));
const path = join(folder, 'x.tar');
afterAll(() => rmSync(folder, { recursive: true }));

const list = (bytes: Buffer) => {
  writeFileSync(path, bytes);
  return [...tarEntries(path)].map(({ name, start, length }) => [
    name,
    readFileSync(path).toString('latin1', start, start + length),
  ]);
};

describe('the members of a tar archive', () => {
  const long = `${'folder/'.repeat(30)}name-${'n'.repeat(120)}.jpg`;
  const files = { 'a.txt': 'A', empty: '', 'b/c.bin': 'B'.repeat(512), [long]: 'long', 'ä.txt': 'umlaut' };

  test('are found where they are, with long names and other alphabets (pax)', async () => {
    expect(list(await tarOf(files))).toEqual(Object.entries(files));
  });

  test('are found behind GNU long names; folders and links are left out', async () => {
    const pack = tar.pack();
    pack.entry({ name: 'folder/', type: 'directory' });
    pack.entry({ name: 'link', type: 'symlink', linkname: 'a' });
    pack.entry({ name: 'after', type: 'file' }, 'x');
    pack.finalize();
    const bytes = await buffer(pack);
    expect(list(bytes)).toEqual([['after', 'x']]);
    // The header of a GNU long name is that of a file `L`.
    const name = await tarOf({ '././@LongLink': `${long}\0` });
    const header = Buffer.from(name.subarray(0, 1024));
    header[156] = 'L'.charCodeAt(0);
    const sum = header
      .subarray(0, 512)
      .reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(list(Buffer.concat([header, await tarOf({ short: 'y' })]))).toEqual([[long, 'y']]);
  });

  test.each([
    [
      'truncated inside a member',
      (bytes: Buffer) => bytes.subarray(0, 700),
      /is truncated: a member at byte 0/,
    ],
    [
      'truncated between members',
      (bytes: Buffer) => bytes.subarray(0, 1024),
      /is truncated: no end of the archive/,
    ],
    ['compressed', (bytes: Buffer) => Buffer.concat([gzipSync(bytes), bytes]), /has no tar header at byte 0/],
    ['empty', () => Buffer.alloc(0), /is truncated/],
  ])('are refused where the archive is %s', async (_, damage, message) => {
    const bytes = await tarOf({ a: 'A'.repeat(400), b: 'B' });
    expect(() => list(damage(bytes))).toThrow(message);
  });
});
