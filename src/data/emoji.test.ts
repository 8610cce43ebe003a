import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarGzOf } from '../testing/archives.js';
import { describeSplit, grey } from '../testing/splits.js';
import { type EmojiTable, emoji, splitEmoji } from './emoji.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'emoji-'));
  await mkdir(join(root, 'data'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

describe('emoji', () => {
  const open = () =>
    emoji.create(emoji.options.parse({}), {
      dataDir: join(root, 'data'),
      cacheDir: join(root, 'cache'),
      seed: 0,
    });
  const entry = (category: string, i: number, tones: string[] = []) => ({
    image: `${category[0]}${i}.png`,
    has_img_google: true,
    category,
    sort_order: i,
    skin_variations: Object.fromEntries(
      tones.map((tone) => [
        tone,
        { image: `${category[0]}${i}-${tone}.png`, has_img_google: tone !== 'absent' },
      ]),
    ),
  });
  const table: EmojiTable = [
    ...Array.from({ length: 10 }, (_, i) =>
      entry('People', 9 - i, i === 2 || i === 7 ? ['dark', 'light', 'absent'] : []),
    ),
    ...Array.from({ length: 5 }, (_, i) => entry('Flags', i)),
  ];

  test('is split by emoji, skin tones together, in every group', () => {
    const { train, test: held } = splitEmoji(table);
    expect(held.map(({ image }) => image).sort()).toEqual([
      'F2.png',
      'P2-dark.png',
      'P2-light.png',
      'P2.png',
      'P7-dark.png',
      'P7-light.png',
      'P7.png',
    ]);
    expect(new Set([...train, ...held].map(({ image }) => image)).size).toBe(19);
    expect(held.every(({ image, label }) => label === Number(image.startsWith('P')))).toBe(true);
  });

  test('is read from the npm archive onto white, once', async () => {
    const png = (level: number, alpha: number) =>
      sharp({
        create: { width: 64, height: 64, channels: 4, background: { r: level, g: level, b: level, alpha } },
      })
        .png()
        .toBuffer();
    const flags = table.filter(({ category }) => category === 'Flags');
    const members: Record<string, string | Uint8Array> = {
      'package/emoji.json': JSON.stringify(flags),
      'package/img/google/64/F2.png': await png(0, 0),
    };
    for (const i of [0, 1, 3, 4]) members[`package/img/google/64/F${i}.png`] = await png(10 * i, 1);
    const path = join(root, 'data', 'emoji-datasource-google-16.0.0.tgz');
    await writeFile(path, await tarGzOf(members));
    for (let i = 0; i < 2; i++) {
      const { train, test: held } = await open();
      expect(await describeSplit(train)).toEqual([grey(0, 0), grey(0, 10), grey(0, 30), grey(0, 40)]);
      expect(await describeSplit(held)).toEqual([grey(0, 255)]);
    }
    const { 'package/img/google/64/F3.png': _, ...rest } = members;
    await writeFile(path, await tarGzOf(rest));
    await expect(open()).rejects.toThrow(/16\.0\.0\.tgz: has no package\/img\/google\/64\/F3\.png/);
  });
});
