import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseIdx } from './idx.js';

const images = Buffer.from('00000803000000020000000100000003010203040506', 'hex');

test.each([
  ['plain', images],
  ['gzipped', gzipSync(images)],
])('reads a %s file', async (_, bytes) => {
  const { shape, data } = await parseIdx(bytes, 'x');
  expect(shape).toEqual([2, 1, 3]);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([
  ['another magic number', Buffer.from('01000801', 'hex'), /x: is not an IDX file/],
  ['empty', Buffer.alloc(0), /x: is not an IDX file/],
  ['floats', Buffer.from('00000d0100000000', 'hex'), /x: holds IDX type 0xd/],
  ['a short header', images.subarray(0, 10), /x: ends inside its header/],
  ['missing elements', images.subarray(0, 20), /x: has 4 elements, its header announces \[2,1,3\]/],
  ['a truncated gzip', gzipSync(images).subarray(0, 20), /x: cannot be decompressed: unexpected end/],
])('refuses %s', async (_, bytes, message) => {
  await expect(parseIdx(bytes, 'x')).rejects.toThrow(message);
});

test('a gzipped file of more than 21 MB is read on Node 20, whose buffers end at 4 GiB', async () => {
  const header = Buffer.from([0, 0, 8, 1, 0x01, 0x50, 0, 0]); // 22,020,096 bytes
  const { data } = await parseIdx(
    gzipSync(Buffer.concat([header, Buffer.alloc(0x1500000)]), { level: 0 }),
    'x',
  );
  expect(data).toHaveLength(0x1500000);
});
