import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expected, readAll, testdata } from '../testing/oracle-files.js';
import { readPytorchCheckpoint } from './pytorch-checkpoint.js';
import { readWeights } from './weights.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each(['state.pth', 'state-legacy.pth'])('reads every tensor of %s', async (name) => {
  expect(await readAll(await readPytorchCheckpoint(testdata(name)))).toEqual(expected.tensors);
});

test('finds a state dict inside a training checkpoint, parameters included', async () => {
  const tensors = await readWeights(testdata('nested.pth'));
  expect([...tensors.keys()]).toEqual(['w']);
  expect(await tensors.get('w')!.read()).toEqual(Float32Array.of(1, 1));
});

test('readWeights knows files by their ending', async () => {
  expect((await readWeights(testdata('state.safetensors'))).size).toBe(Object.keys(expected.tensors).length);
  await expect(readWeights('/x/model.onnx')).rejects.toThrow(/end in \.safetensors, \.pth, \.pt, \.bin/);
});

describe('damaged files name themselves', () => {
  const write = async (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };

  test('truncated zip', async () => {
    const bytes = await readFile(testdata('state.pth'));
    const path = await write('cut.pth', bytes.subarray(0, bytes.length - 300));
    await expect(readPytorchCheckpoint(path)).rejects.toThrow(/cut\.pth: cannot be read as a zip archive/);
  });

  test('truncated legacy file', async () => {
    const bytes = await readFile(testdata('state-legacy.pth'));
    const path = await write('cut-legacy.pth', bytes.subarray(0, bytes.length - 4));
    await expect(readPytorchCheckpoint(path)).rejects.toThrow(/cut-legacy\.pth: ends inside the storage/);
  });

  test('not a checkpoint at all', async () => {
    const text = await write('text.pth', Buffer.from('<html>404</html>'));
    await expect(readPytorchCheckpoint(text)).rejects.toThrow(/text\.pth: the pickle opcode 0x3c/);
    const empty = await write('empty.pth', Buffer.alloc(0));
    await expect(readPytorchCheckpoint(empty)).rejects.toThrow(/empty\.pth: the pickle ends early/);
    await expect(readPytorchCheckpoint(testdata('plain-2.pkl'))).rejects.toThrow(
      /wrong magic number|refused/,
    );
  });

  test('a tensor that reaches beyond its storage', async () => {
    const bytes = Buffer.from(await readFile(testdata('nested.pth')));
    // The persistent id ends in the storage's number of elements, then the tuple and BINPERSID: K 2 t q _ Q.
    const at = bytes.indexOf(Buffer.from('K\x02t', 'latin1'));
    expect(at).toBeGreaterThan(0);
    bytes[at + 1] = 1;
    const path = await write('short.pth', bytes);
    await expect(readPytorchCheckpoint(path)).rejects.toThrow(/shape \[2\] reaches beyond its storage of 1/);
  });
});
