import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { ppmOf, zipOf } from '../../testing/archives.js';
import { expectedImages, imageTestdata } from '../../testing/image-files.js';
import { ArchiveTree } from '../files/archive-tree.js';
import { decodeImage } from './image.js';
import { commonJpegSize } from './jpeg.js';
import { ImagePool } from './pool.js';

const folder = mkdtempSync(join(tmpdir(), 'decode-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => readFileSync(imageTestdata(name));

describe('decoding', () => {
  test.each(Object.entries(expectedImages.decode))(
    '%s gives what Pillow gives',
    async (name, { side, values }) => {
      const pixels = await decodeImage(file(name), name, side);
      expect(pixels).toHaveLength(side * side * 3);
      const border = (i: number) =>
        [Math.floor(i / 3) % side, Math.floor(i / 3 / side)].some((x) => x % (side - 1) === 0);
      const errors = values.map((value, i) => Math.abs(value - pixels[i]!));
      // At its border libvips repeats the outermost pixel, where Pillow narrows the filter.
      expect(Math.max(...errors)).toBeLessThan(12);
      const inside = errors.filter((__, i) => !border(i));
      // The chroma of coloured JPEGs is upsampled otherwise than by libjpeg.
      const isFast = name === 'picture.jpg';
      expect(Math.max(...inside)).toBeLessThanOrEqual(isFast ? 2 : 1);
      expect(inside.reduce((sum, error) => sum + error) / inside.length).toBeLessThan(isFast ? 0.5 : 0.25);
      // What is resized by @napi-rs/image is like Pillow's at its border too.
      if (isFast) expect(Math.max(...errors)).toBeLessThanOrEqual(3);
      // What is enlarged is Pillow's to the last bit.
      if (name.endsWith('.png')) expect(Math.max(...errors)).toBe(0);
    },
  );

  test('the fast way and sharp give the same pixels but for borders and a few levels', async () => {
    const bytes = file('picture.jpg');
    const side = 16;
    for (const fit of ['stretch', 'crop'] as const) {
      const fast = await decodeImage(bytes, 'x', side, fit);
      const slow = await decodeImage(imageTestdata('picture.jpg'), 'x', side, fit);
      const errors = Array.from(fast, (value, i) => Math.abs(value - slow[i]!));
      expect(fast).toHaveLength(side * side * 3);
      expect(Math.max(...errors)).toBeLessThan(12);
      expect(errors.reduce((sum, error) => sum + error) / errors.length).toBeLessThan(0.8);
    }
  });

  test.each([
    ['picture.jpg', true],
    ['grey.jpg', false],
    ['picture.png', false],
  ])('%s goes the fast way: %j', (name, isCommon) => {
    const bytes = file(name);
    expect(commonJpegSize(bytes) !== undefined).toBe(isCommon);
    expect(commonJpegSize(bytes.subarray(0, bytes.length - 1))).toBeUndefined();
    // no length of a segment leads astray
    for (let i = 2; i < 200; i++) {
      const damaged = Uint8Array.from(bytes);
      damaged[i] = 0;
      expect(() => commonJpegSize(damaged)).not.toThrow();
    }
  });

  test('a PPM image is resized too', async () => {
    const pixels = await decodeImage(ppmOf(5, 3, [9, 8, 7]), 'x', 8);
    expect([...pixels]).toEqual(Array.from({ length: 64 }, () => [9, 8, 7]).flat());
  });

  test.each([
    [
      'half a JPEG',
      file('picture.jpg').subarray(0, 800),
      /photo: cannot be decoded as an image: .*premature end/,
    ],
    ['half a PNG', file('picture.png').subarray(0, 500), /photo: cannot be decoded as an image/],
    ['text', Buffer.from('<html>404</html>'), /photo: cannot be decoded as an image/],
    ['nothing', Buffer.alloc(0), /photo: cannot be decoded as an image/],
  ])('%s is refused', async (_, bytes, message) => {
    await expect(decodeImage(bytes, 'photo', 8)).rejects.toThrow(message);
  });
});

/** The pool as it is built, with real threads, where it is built; from the sources it works in this thread. */
const built = new URL('../../../dist/data/decode/pool.js', import.meta.url).pathname;
const pools: [string, () => Promise<ImagePool>][] = [['in this thread', async () => new ImagePool()]];
if (existsSync(built)) {
  pools.push([
    'in threads',
    async () => new ((await import(pathToFileURL(built).href)).ImagePool as typeof ImagePool)(),
  ]);
}

describe.each(pools)('a pool %s', (_, open) => {
  test('decodes files and archive members, in order', async () => {
    const pool = await open();
    const archive = join(folder, 'x.zip');
    const images = Array.from({ length: 20 }, (__, i) => ppmOf(3 + i, 4, [10 * i, i, 255 - i]));
    writeFileSync(archive, zipOf(Object.fromEntries(images.map((image, i) => [`${i}.ppm`, image]))));
    const tree = await ArchiveTree.open(archive, join(folder, 'cache'));
    const sources = images.map((image, i) => {
      const path = join(folder, `${i}.ppm`);
      writeFileSync(path, image);
      return i % 3 === 0 ? { path } : tree.locate(`${i}.ppm`);
    });
    const pixels = await pool.run({ kind: 'decode', sources, side: 4 });
    expect(pixels).toHaveLength(20 * 48);
    images.forEach((__, i) => {
      expect([...pixels.subarray(i * 48, i * 48 + 3)]).toEqual([10 * i, i, 255 - i]);
      expect([...pixels.subarray(i * 48 + 45, i * 48 + 48)]).toEqual([10 * i, i, 255 - i]);
    });
    await pool.close();
  });

  test('resizes images in memory, several tasks at once', async () => {
    const pool = await open();
    const shared = new Uint8Array(new SharedArrayBuffer(10 * 12));
    shared.forEach((__, i) => {
      shared[i] = Math.floor(i / 12) * 20;
    });
    const task = (indices: number[]) =>
      pool.run({
        kind: 'resize',
        pixels: shared,
        shape: [2, 2, 3],
        indices: Int32Array.from(indices),
        side: 5,
      });
    const [a, b] = await Promise.all([task([9, 0, 3]), task([5])]);
    expect([0, 75, 150].map((i) => a![i])).toEqual([180, 0, 60]);
    expect(new Set(b)).toEqual(new Set([100]));
    await pool.close();
  });

  test('names the image that fails, and goes on with the next task', async () => {
    const pool = await open();
    const good = { path: join(folder, 'good.ppm') };
    writeFileSync(good.path, ppmOf(2, 2, [1, 2, 3]));
    const bad = { path: join(folder, 'bad.jpg') };
    writeFileSync(bad.path, file('picture.jpg').subarray(0, 700));
    const run = (...sources: { path: string }[]) => pool.run({ kind: 'decode', sources, side: 2 });
    await expect(run(good, bad, good)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('bad.jpg: cannot be decoded as an image'),
    });
    await expect(run(good, { path: join(folder, 'absent.jpg') })).rejects.toThrow(
      /absent\.jpg: no such file/,
    );
    expect([...(await run(good))].slice(0, 3)).toEqual([1, 2, 3]);
    await pool.close();
    expect([...(await run(good))].slice(0, 3)).toEqual([1, 2, 3]);
    await pool.close();
  });

  test('finds damage in archives', async () => {
    const pool = await open();
    const path = join(folder, 'damaged.zip');
    const bytes = zipOf({ 'a.ppm': ppmOf(9, 9, [1, 2, 3]), 'b.ppm': ppmOf(9, 9, [4, 5, 6]) });
    const at = bytes.indexOf(Buffer.from([4, 5, 6, 4, 5, 6]));
    bytes[at + 50]! ^= 1;
    writeFileSync(path, bytes);
    const tree = await ArchiveTree.open(path, join(folder, 'cache'));
    const run = (name: string) => pool.run({ kind: 'decode', sources: [tree.locate(name)], side: 9 });
    await expect(run('b.ppm')).rejects.toThrow(/damaged\.zip, b\.ppm: its CRC-32 is wrong/);
    expect([...(await run('a.ppm'))].slice(0, 3)).toEqual([1, 2, 3]);
    expect(() => tree.locate('c.ppm')).toThrow(/damaged\.zip: has no member c\.ppm/);
    writeFileSync(path, bytes.subarray(0, bytes.length - 30));
    await expect(ArchiveTree.open(path, join(folder, 'cache'))).rejects.toThrow(
      /damaged\.zip: cannot be read as a zip/,
    );
    await pool.close();
  });
});
