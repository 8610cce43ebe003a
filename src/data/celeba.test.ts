import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { zipOf } from '../testing/archives.js';
import { celeba } from './celeba.js';

let folder: string;

/** Red grows from left to right, green from top to bottom, blue tells the images apart. */
async function face(blue: number): Promise<Buffer> {
  const [width, height] = [178, 218];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return [x, y, blue][i % 3]!;
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 100 })
    .toBuffer();
}

beforeAll(async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  folder = await mkdtemp(join(tmpdir(), 'celeba-'));
  const zip = zipOf({
    'img_align_celeba/000002.jpg': await face(200),
    'img_align_celeba/000001.jpg': await face(20),
    'img_align_celeba/readme.txt': 'x',
  });
  await writeFile(join(folder, 'img_align_celeba.zip'), zip);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

test('reads faces out of the archive by their numbers, resized by the shorter side and cropped in the middle', async () => {
  const set = await celeba.create(celeba.options.parse({}), { dataDir: folder, cacheDir: folder, seed: 0 });
  expect([set.train.length, set.test.length, set.imageShape]).toEqual([2, 2, [64, 64, 3]]);
  const { image } = await set.train.read(Int32Array.of(0, 1));
  expect(image!.shape).toEqual([2, 64, 64, 3]);
  const at = (index: number, y: number, x: number) => [
    ...image!.data.subarray(((index * 64 + y) * 64 + x) * 3, ((index * 64 + y) * 64 + x + 1) * 3),
  ];
  // 178 × 218 -> 64 × 78, of which rows 7 to 70 stay; a JPEG's colours are a little off
  const [across, down] = [178 / 64, 218 / 78];
  for (const [y, x] of [
    [0, 0],
    [31, 12],
    [63, 63],
  ] as const) {
    const expected = [(x + 0.5) * across - 0.5, (y + 7 + 0.5) * down - 0.5, 20];
    at(0, y, x).forEach((value, channel) => {
      expect(Math.abs(value - expected[channel]!)).toBeLessThan(3);
    });
  }
  expect(Math.abs(at(1, 5, 5)[2]! - 200)).toBeLessThan(3);
  await set.close?.();
});

test('an archive without faces is refused', async () => {
  const other = await mkdtemp(join(tmpdir(), 'celeba-'));
  await writeFile(join(other, 'img_align_celeba.zip'), zipOf({ 'a/b.txt': 'x' }));
  await expect(
    celeba.create(celeba.options.parse({}), { dataDir: other, cacheDir: other, seed: 0 }),
  ).rejects.toThrow(/has no images such as img_align_celeba\/000001\.jpg/);
  await rm(other, { recursive: true });
});
