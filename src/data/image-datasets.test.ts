import { copyFile, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Files, ppmOf, tarGzOf, tarOf, writeFiles, zipOf } from '../testing/archives.js';
import { imageTestdata } from '../testing/image-files.js';
import { describeSplit, grey, readAll } from '../testing/splits.js';
import { cifar100 } from './cifar100.js';
import type { DatasetDefinition } from './definition.js';
import { folder as folderSet } from './folder.js';
import { food101 } from './food101.js';
import { gtsrb } from './gtsrb.js';
import { inat2021, inat2021Mini } from './inat2021.js';
import { places365 } from './places365.js';
import { svhn } from './svhn.js';
import type { Dataset, DatasetContext } from './types.js';

let root: string;
let context: DatasetContext & { dataDir: string };
let stderr: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'image-datasets-'));
  context = { dataDir: join(root, 'data'), cacheDir: join(root, 'cache'), seed: 0 };
  await mkdir(context.dataDir);
  stderr = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const open = (definition: DatasetDefinition, options: object = {}): Promise<Dataset> =>
  definition.create(definition.options.parse(options), context);

/** A JPEG of one colour, which decodes to about that colour. */
const jpeg = (level: number) =>
  sharp({ create: { width: 20, height: 10, channels: 3, background: { r: level, g: level, b: level } } })
    .jpeg({ quality: 100 })
    .toBuffer();
const jpegs = async (levels: Readonly<Record<string, number>>): Promise<Files> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(levels).map(async ([name, level]) => [name, await jpeg(level)] as const),
    ),
  );

describe('cifar100', () => {
  const record = (coarse: number, fine: number, level: number) =>
    Buffer.from([coarse, fine, ...Array(3072).fill(level)]);
  const files = {
    'cifar-100-binary/train.bin': Buffer.concat([record(1, 99, 5), record(2, 0, 6)]),
    'cifar-100-binary/test.bin': record(3, 42, 7),
  };

  test.each([
    ['unpacked', () => writeFiles(context.dataDir, files)],
    ['in a folder of its name', () => writeFiles(join(context.dataDir, 'cifar100'), files)],
    ['packed', async () => writeFile(join(context.dataDir, 'cifar-100-binary.tar.gz'), await tarGzOf(files))],
  ])('is read %s, with its fine labels', async (_, put) => {
    await put();
    const { train, test: testing, numClasses } = await open(cifar100);
    expect(numClasses).toBe(100);
    expect(await describeSplit(train)).toEqual([grey(99, 5), grey(0, 6)]);
    expect(await describeSplit(testing)).toEqual([grey(42, 7)]);
    expect(stderr.join()).toMatch(/holds 2 \+ 1 images; the official CIFAR-100 has 50000 \+ 10000/);
  });
});

describe('svhn', () => {
  const put = () =>
    Promise.all([
      copyFile(imageTestdata('svhn.mat'), join(context.dataDir, 'train_32x32.mat')),
      copyFile(imageTestdata('svhn-plain.mat'), join(context.dataDir, 'test_32x32.mat')),
    ]);

  test('has its rows and columns in place, and the digit 0 as class 0', async () => {
    await put();
    const { train, test: testing } = await open(svhn);
    const { image, label } = await readAll(train);
    expect([...label!.data]).toEqual([0, 1, 9]);
    expect(image!.shape).toEqual([3, 32, 32, 3]);
    expect([...image!.data.subarray(0, 3072)]).toEqual(Array.from({ length: 3072 }, (_, i) => i % 251));
    expect((await readAll(testing)).image!.data).toEqual(image!.data);
  });

  test('is refused where the file is no SVHN', async () => {
    await put();
    await copyFile(imageTestdata('arrays.mat'), join(context.dataDir, 'test_32x32.mat'));
    await expect(open(svhn)).rejects.toThrow(/test_32x32\.mat: has no array 'X'/);
    await writeFile(join(context.dataDir, 'test_32x32.mat'), 'x'.repeat(500));
    await expect(open(svhn)).rejects.toThrow(/test_32x32\.mat: is no little-endian MAT-file/);
  });
});

describe('gtsrb', () => {
  const trainOf = (base: string): Files => ({
    [`${base}/00000/GT-00000.csv`]: 'Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n',
    [`${base}/00000/00000_00000.ppm`]: ppmOf(3, 4, [1, 1, 1]),
    [`${base}/00000/00000_00001.ppm`]: ppmOf(30, 31, [2, 2, 2]),
    [`${base}/00042/00000_00000.ppm`]: ppmOf(5, 5, [3, 3, 3]),
  });
  const testing = {
    'GTSRB/Final_Test/Images/00000.ppm': ppmOf(6, 5, [4, 4, 4]),
    'GTSRB/Final_Test/Images/00001.ppm': ppmOf(7, 7, [5, 5, 5]),
  };
  const table =
    'Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n00000.ppm;6;5;0;0;1;1;16\r\n00001.ppm;7;7;0;0;1;1;1\r\n';
  const official = trainOf('GTSRB/Final_Training/Images');

  const layouts: [string, () => Promise<unknown>][] = [
    [
      'unpacked',
      () =>
        writeFiles(context.dataDir, {
          ...official,
          ...testing,
          'GTSRB/Final_Test/Images/GT-final_test.csv': table,
        }),
    ],
    [
      'as torchvision keeps it',
      () =>
        writeFiles(join(context.dataDir, 'gtsrb'), {
          ...trainOf('GTSRB/Training'),
          ...testing,
          'GT-final_test.csv': table,
        }),
    ],
    [
      'in its zip archives',
      () =>
        writeFiles(context.dataDir, {
          'GTSRB_Final_Training_Images.zip': zipOf({ ...official, 'GTSRB/Readme.txt': 'x' }),
          'GTSRB_Final_Test_Images.zip': zipOf({
            ...testing,
            'GTSRB/Final_Test/Images/GT-final_test.test.csv': 'no classes',
          }),
          'GTSRB_Final_Test_GT.zip': zipOf({ 'GT-final_test.csv': table }),
        }),
    ],
  ];
  test.each(layouts)('is read %s', async (_, put) => {
    await put();
    const { train, test: held, numClasses, imageShape, checksums } = await open(gtsrb, { image_size: 8 });
    expect([numClasses, imageShape]).toEqual([43, [8, 8, 3]]);
    expect(await describeSplit(train)).toEqual([grey(0, 1), grey(0, 2), grey(42, 3)]);
    expect(await describeSplit(held)).toEqual([grey(16, 4), grey(1, 5)]);
    expect(stderr.join()).toMatch(/holds 3 \+ 2 images; the official GTSRB has 39209 \+ 12630/);
    expect(Object.values(checksums).every((sha256) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
  });

  test('is refused where something is missing or wrong', async () => {
    await writeFiles(context.dataDir, { ...official, ...testing });
    await expect(open(gtsrb)).rejects.toThrow(
      /not the classes of the test images: expected .* GT-final_test\.csv/,
    );
    const path = 'GTSRB/Final_Test/Images/GT-final_test.csv';
    await writeFiles(context.dataDir, { [path]: table.replace('ClassId', 'Class') });
    await expect(open(gtsrb)).rejects.toThrow(
      /GT-final_test\.csv: has the columns .*; Filename and ClassId are needed/,
    );
    await writeFiles(context.dataDir, { [path]: table.replace(';16', ';43') });
    await expect(open(gtsrb)).rejects.toThrow(/image 0 has the label 43, expected 0 to 42/);
    await writeFiles(context.dataDir, { [path]: table.replace('00000.ppm', '../../../secret.ppm') });
    await expect(open(gtsrb)).rejects.toThrow(/GT-final_test\.csv: has the unsafe file name/);
    await writeFiles(context.dataDir, { [path]: table.replace('00000.ppm', '99999.ppm') });
    const { test: held } = await open(gtsrb);
    await expect(readAll(held)).rejects.toThrow(/99999\.ppm: no such file/);
  });
});

describe('food101', () => {
  const lists = {
    'food-101/meta/train.txt': 'waffles/1\napple_pie/2\nwaffles/3\n',
    'food-101/meta/test.txt': 'apple_pie/4\n',
  };
  const images = () =>
    jpegs({
      'food-101/images/waffles/1.jpg': 10,
      'food-101/images/apple_pie/2.jpg': 20,
      'food-101/images/waffles/3.jpg': 30,
      'food-101/images/apple_pie/4.jpg': 40,
    });
  const isThere = async () => {
    const { train, test: held } = await open(food101, { image_size: 8 });
    expect(await describeSplit(train)).toEqual([grey(1, 10), grey(0, 20), grey(1, 30)]);
    expect(await describeSplit(held)).toEqual([grey(0, 40)]);
  };

  test('is read unpacked', async () => {
    await writeFiles(context.dataDir, { ...lists, ...(await images()) });
    await isThere();
  });

  test('is unpacked from its archive into the cache, once', async () => {
    await writeFile(
      join(context.dataDir, 'food-101.tar.gz'),
      await tarGzOf({ ...lists, ...(await images()) }),
    );
    await isThere();
    await isThere();
    expect(stderr.filter((line) => line.startsWith('unpacking'))).toHaveLength(1);
    expect(await readdir(join(context.cacheDir, 'unpacked'))).toEqual([
      expect.stringMatching(/^food-101\.tar\.gz-[0-9a-f]{12}$/),
    ]);
  });

  test('names a damaged image, and an archive that would write elsewhere', async () => {
    await writeFiles(context.dataDir, { ...lists, ...(await images()) });
    await writeFile(
      join(context.dataDir, 'food-101/images/apple_pie/2.jpg'),
      (await jpeg(1)).subarray(0, 150),
    );
    const { train } = await open(food101);
    await expect(readAll(train)).rejects.toThrow(/images\/apple_pie\/2\.jpg: cannot be decoded as an image/);
    await rm(join(context.dataDir, 'food-101'), { recursive: true });
    await writeFile(join(context.dataDir, 'food-101.tar.gz'), await tarGzOf({ ...lists, '../escape': 'x' }));
    await expect(open(food101)).rejects.toThrow(/food-101\.tar\.gz: has the unsafe file name '\.\.\/escape'/);
  });
});

describe('places365', () => {
  const lists = {
    'places365_train_standard.txt': '/a/airfield/00000001.jpg 0\n/z/zen_garden/00000007.jpg 364\n',
    'places365_val.txt': 'Places365_val_00000001.jpg 165\n',
  };
  const trainOf = (folder: string) =>
    jpegs({ [`${folder}/a/airfield/00000001.jpg`]: 10, [`${folder}/z/zen_garden/00000007.jpg`]: 20 });
  const val = () => jpegs({ 'val_256/Places365_val_00000001.jpg': 30 });

  const layouts: [string, () => Promise<void>][] = [
    [
      'unpacked',
      async () => writeFiles(context.dataDir, { ...lists, ...(await trainOf('data_256')), ...(await val()) }),
    ],
    [
      'as torchvision keeps it',
      async () =>
        writeFiles(join(context.dataDir, 'places365'), {
          ...lists,
          ...(await trainOf('data_256_standard')),
          ...(await val()),
        }),
    ],
    [
      'in its tar archives',
      async () =>
        writeFiles(context.dataDir, {
          'filelist_places365-standard.tar': await tarOf(lists),
          'train_256_places365standard.tar': await tarOf(await trainOf('data_256')),
          'val_256.tar': await tarOf(await val()),
        }),
    ],
  ];
  test.each(layouts)('is read %s', async (_, put) => {
    await put();
    const { train, test: held } = await open(places365, { image_size: 8 });
    expect(await describeSplit(train)).toEqual([grey(0, 10), grey(364, 20)]);
    expect(await describeSplit(held)).toEqual([grey(165, 30)]);
  });

  test('is read in its easy format', async () => {
    await writeFiles(
      join(context.dataDir, 'places365_standard'),
      await jpegs({ 'train/airfield/1.jpg': 10, 'train/zoo/7.jpg': 20, 'val/zoo/1.jpg': 30 }),
    );
    const { train, test: held } = await open(places365, { image_size: 8 });
    expect(await describeSplit(train)).toEqual([grey(0, 10), grey(1, 20)]);
    expect(await describeSplit(held)).toEqual([grey(1, 30)]);
  });

  test('is refused where a list is wrong', async () => {
    await writeFiles(context.dataDir, { ...lists, ...(await trainOf('data_256')), ...(await val()) });
    await writeFile(join(context.dataDir, 'places365_val.txt'), 'Places365_val_00000001.jpg 365\n');
    await expect(open(places365)).rejects.toThrow(/image 0 has the label 365, expected 0 to 364/);
    await writeFile(join(context.dataDir, 'places365_val.txt'), '../../etc/passwd 1\n');
    await expect(open(places365)).rejects.toThrow(/places365_val\.txt: has the unsafe file name/);
    await writeFile(join(context.dataDir, 'places365_val.txt'), 'no class here\n');
    await expect(open(places365)).rejects.toThrow(/places365_val\.txt: has the line 'no class here'/);
  });
});

describe('inat2021', () => {
  const birds = '00001_Animalia_Chordata_Aves';
  const mosses = '00000_Plantae_Bryophyta_Bryopsida';
  const train = () =>
    jpegs({ [`train/${birds}/b.jpg`]: 10, [`train/${mosses}/a.jpg`]: 20, [`train/${birds}/c.jpg`]: 30 });
  const val = () => jpegs({ [`val/${birds}/d.jpg`]: 40 });

  test('is read unpacked; the mini set has a training folder of its own', async () => {
    await writeFiles(join(context.dataDir, 'inat2021'), { ...(await train()), ...(await val()) });
    const { train: training, test: held, numClasses } = await open(inat2021, { image_size: 8 });
    expect(numClasses).toBe(10_000);
    expect(await describeSplit(training)).toEqual([grey(0, 20), grey(1, 10), grey(1, 30)]);
    expect(await describeSplit(held)).toEqual([grey(1, 40)]);
    await writeFiles(
      join(context.dataDir, 'inat2021'),
      await jpegs({ [`2021_train_mini/${birds}/x.jpg`]: 50 }),
    );
    const mini = await open(inat2021Mini, { image_size: 8 });
    expect(await describeSplit(mini.train)).toEqual([grey(0, 50)]);
  });

  test('is read from its archives', async () => {
    await writeFiles(context.dataDir, {
      'train.tar.gz': await tarGzOf(await train()),
      'val.tar.gz': await tarGzOf(await val()),
    });
    const { train: training, test: held } = await open(inat2021, { image_size: 8 });
    expect([training.length, held.length]).toEqual([3, 1]);
    expect(await describeSplit(held)).toEqual([grey(1, 40)]);
  });
});

describe('folder', () => {
  const images = () =>
    jpegs({
      'mine/train/cat/1.jpg': 10,
      'mine/train/cat/2.JPEG': 20,
      'mine/train/dog/1.jpg': 30,
      'mine/val/dog/9.jpg': 40,
    });

  test('has its classes in the order of their names, other files left out', async () => {
    await writeFiles(context.dataDir, {
      ...(await images()),
      'mine/train/cat/notes.txt': 'x',
      'mine/train/list.txt': 'x',
    });
    const { train, test: held, numClasses } = await open(folderSet, { path: 'mine', image_size: 8 });
    expect(numClasses).toBe(2);
    expect(await describeSplit(train)).toEqual([grey(0, 10), grey(0, 20), grey(1, 30)]);
    expect(await describeSplit(held)).toEqual([grey(1, 40)]);
  });

  test('is listed anew after a change, and only then', async () => {
    await writeFiles(context.dataDir, await images());
    const options = { path: 'mine', image_size: 8 };
    const first = await open(folderSet, options);
    const [index] = await readdir(join(context.cacheDir, 'indexes'));
    const path = join(context.cacheDir, 'indexes', index!);
    await utimes(path, 1, 1);
    expect((await open(folderSet, options)).checksums).toEqual(first.checksums);
    await writeFiles(context.dataDir, await jpegs({ 'mine/train/dog/2.jpg': 50 }));
    expect((await open(folderSet, options)).train.length).toBe(4);
    // A damaged cache is made again.
    for (const name of await readdir(join(context.cacheDir, 'indexes'))) {
      await writeFile(join(context.cacheDir, 'indexes', name), 'x');
    }
    expect((await open(folderSet, options)).train.length).toBe(4);
  });

  test('limited, has images of all its classes', async () => {
    const levels = Object.fromEntries(
      ['a', 'b', 'c', 'd'].flatMap((name, c) => [0, 1, 2].map((i) => [`train/${name}/${i}.jpg`, 20 * c])),
    );
    await writeFiles(context.dataDir, await jpegs({ ...levels, 'test/a/0.jpg': 0 }));
    const { train, test: held } = await open(folderSet, { limit: 4, image_size: 8 });
    expect(await describeSplit(train)).toEqual([0, 1, 2, 3].map((c) => grey(c, 20 * c)));
    expect(held.length).toBe(1);
  });

  test('is refused where a part is missing', async () => {
    const options = { path: 'mine' };
    await expect(open(folderSet, options)).rejects.toThrow(
      /mine: expected a folder train\/ with a folder for each class/,
    );
    await mkdir(join(context.dataDir, 'mine/train/cat'), { recursive: true });
    await expect(open(folderSet, options)).rejects.toThrow(
      /expected a folder test\/ or val\/ or validation\//,
    );
    await mkdir(join(context.dataDir, 'mine/val/bird'), { recursive: true });
    await expect(open(folderSet, options)).rejects.toThrow(
      /train: the folders of its 1 classes hold no images/,
    );
    await writeFiles(context.dataDir, { 'mine/train/cat/x.jpg': 'x', 'mine/val/bird/x.jpg': 'x' });
    await expect(open(folderSet, options)).rejects.toThrow(/the class 'bird' has no folder for training/);
  });
});
