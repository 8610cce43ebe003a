import { extname } from 'node:path';
import { MissingError } from '../errors.js';
import type { TensorEntry } from './dtype.js';
import { readPytorchCheckpoint } from './pytorch-checkpoint.js';
import { readSafetensors } from './safetensors.js';

const readers: Readonly<Record<string, (path: string) => Promise<ReadonlyMap<string, TensorEntry>>>> = {
  '.safetensors': readSafetensors,
  '.pth': readPytorchCheckpoint,
  '.pt': readPytorchCheckpoint,
  '.bin': readPytorchCheckpoint,
};

/** The tensors of a weights file by name; the ending says the format. */
export async function readWeights(path: string): Promise<ReadonlyMap<string, TensorEntry>> {
  const read = readers[extname(path)];
  if (!read) {
    const endings = Object.keys(readers).join(', ');
    throw new MissingError(`${path}: weights files end in ${endings}; rename it or convert it.`);
  }
  return read(path);
}
