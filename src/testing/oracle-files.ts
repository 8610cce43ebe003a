import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TensorEntry } from '../formats/dtype.js';

/** A file that scripts/oracles/formats.py wrote. */
export function testdata(name: string): string {
  return fileURLToPath(new URL(`../formats/testdata/${name}`, import.meta.url));
}

interface Expected {
  tensors: Record<string, { dtype: string; shape: number[]; values: number[] }>;
}

export const expected = JSON.parse(readFileSync(testdata('expected.json'), 'utf8')) as Expected;

const names: Readonly<Record<string, string>> = {
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
  I32: 'int32',
  I64: 'int64',
  U8: 'uint8',
};

/** Reads all tensors into the form of expected.json. */
export async function readAll(tensors: ReadonlyMap<string, TensorEntry>): Promise<Expected['tensors']> {
  const all: Expected['tensors'] = {};
  for (const [name, { dtype, shape, read }] of tensors) {
    const values = Array.from(await read(), Number);
    all[name] = { dtype: names[dtype] ?? dtype, shape: [...shape], values };
  }
  return all;
}
