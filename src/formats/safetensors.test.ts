import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MissingError } from '../errors.js';
import { expected, readAll, testdata } from '../testing/oracle-files.js';
import { openSafetensors, readSafetensors } from './safetensors.js';
import { type TensorToWrite, writeSafetensors } from './safetensors-write.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('reads every dtype as the Python library wrote it', async () => {
  const tensors = await readSafetensors(testdata('state.safetensors'));
  expect(await readAll(tensors)).toEqual(expected.tensors);
  expect((await openSafetensors(testdata('state.safetensors'))).metadata).toEqual({ format: 'pt' });
});

const sample: TensorToWrite[] = [
  { name: 'step', dtype: 'I32', shape: [], data: Int32Array.of(7) },
  { name: 'b', dtype: 'F32', shape: [2, 2], data: async () => Float32Array.of(1, 2, 3, 4.5) },
  { name: 'a', dtype: 'F32', shape: [1], data: Float32Array.of(-0.1) },
  { name: 'exact', dtype: 'F64', shape: [1], data: Float64Array.of(0.1) },
  { name: 'none', dtype: 'F32', shape: [0, 3], data: new Float32Array(0) },
];

describe('the writer', () => {
  test('gives back what it was given, bit by bit', async () => {
    const path = join(folder, 'sample.safetensors');
    await writeSafetensors(path, sample, { step: '7' });
    const { tensors, metadata } = await openSafetensors(path);
    expect(metadata).toEqual({ step: '7' });
    expect([...tensors.keys()]).toEqual(['exact', 'a', 'b', 'none', 'step']);
    expect(await tensors.get('exact')!.read()).toEqual(Float64Array.of(0.1));
    expect(await tensors.get('b')!.read()).toEqual(Float32Array.of(1, 2, 3, 4.5));
    expect(await tensors.get('step')!.read()).toEqual(Int32Array.of(7));
    expect(await tensors.get('none')!.read()).toHaveLength(0);
  });

  test('does not depend on the order of the tensors', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    await writeSafetensors(one, sample);
    await writeSafetensors(two, [...sample].reverse());
    expect(await readFile(one)).toEqual(await readFile(two));
  });

  test('keeps the old file and leaves no temporary one where it fails', async () => {
    const path = join(folder, 'kept.safetensors');
    await writeSafetensors(path, sample);
    const before = await readFile(path);
    const wrong: TensorToWrite = { name: 'x', dtype: 'F32', shape: [3], data: Float32Array.of(1) };
    await expect(writeSafetensors(path, [wrong])).rejects.toThrow(
      "'x' is announced as F32 [3], given 1 × F32",
    );
    await expect(writeSafetensors(path, [sample[2]!, sample[2]!])).rejects.toThrow(
      "two tensors are named 'a'",
    );
    expect(await readFile(path)).toEqual(before);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('damaged files name themselves', () => {
  const header = (json: string, data = 0) => {
    const bytes = Buffer.alloc(8 + json.length + data);
    bytes.writeBigUInt64LE(BigInt(json.length));
    bytes.write(json, 8);
    return bytes;
  };
  const entry = (dtype: string, shape: number[], offsets: number[]) =>
    JSON.stringify({ t: { dtype, shape, data_offsets: offsets } });
  const cases: [string, Buffer, RegExp][] = [
    ['empty', Buffer.alloc(0), /0 bytes, too few/],
    ['huge header', Buffer.from('ffffffffffffff7f2020', 'hex'), /announces a header of/],
    ['no JSON', header('not json'), /header is not JSON/],
    ['no range', header('{"t":{"dtype":"F32","shape":[1]}}'), /header is wrong/],
    ['dtype', header(entry('F7', [1], [0, 4]), 4), /unknown dtype 'F7'/],
    ['negative', header(entry('F32', [-1], [0, 4]), 4), /header is wrong/],
    ['size', header(entry('F32', [2], [0, 4]), 4), /spans 4 bytes, expected 8/],
    ['gap', header(entry('F32', [1], [4, 8]), 8), /gap or overlap at byte 4/],
    ['truncated', header(entry('F32', [2], [0, 8]), 4), /has 4 bytes of tensors, its header announces 8/],
  ];
  test.each(cases)('%s', async (name, bytes, message) => {
    const path = join(folder, `${name}.safetensors`);
    await writeFile(path, bytes);
    const error = await readSafetensors(path).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MissingError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(path);
  });

  test('absent', async () => {
    await expect(readSafetensors(join(folder, 'absent'))).rejects.toThrow(/absent: no such file/);
  });
});
