import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '../../formats/safetensors.js';
import { type TensorToWrite, writeSafetensors } from '../../formats/safetensors-write.js';

type Arrays<Name extends string> = Record<Name, Uint8Array | Int32Array | Float64Array>;

/**
 * Arrays that take long to make, such as the list of a million files: made once, then read from the cache as long as
 * `key` (times and sizes of what they were made from) stays the same.
 *
 * @param subject what they are of; names the file in the cache
 */
export async function cachedArrays<Made extends Arrays<string>>(
  cacheDir: string,
  subject: string,
  key: string,
  make: () => Promise<Made>,
): Promise<Made> {
  const folder = join(cacheDir, 'indexes');
  const path = join(folder, `${createHash('sha256').update(subject).digest('hex').slice(0, 24)}.safetensors`);
  const cached = await readArrays(path, key).catch(() => undefined);
  if (cached) return cached as Made;
  const made = await make();
  // Without a cache it only takes longer the next time.
  await mkdir(folder, { recursive: true })
    .then(() => writeSafetensors(path, Object.entries(made).map(toTensor), { subject, key }))
    .catch(() => {});
  return made;
}

async function readArrays(path: string, key: string): Promise<Arrays<string> | undefined> {
  const { tensors, metadata } = await openSafetensors(path);
  if (metadata.key !== key) return undefined;
  const arrays: Arrays<string> = {};
  for (const [name, tensor] of tensors) arrays[name] = (await tensor.read()) as Uint8Array;
  return arrays;
}

function toTensor([name, data]: [string, Arrays<string>[string]]): TensorToWrite {
  const dtype = data instanceof Float64Array ? 'F64' : data instanceof Int32Array ? 'I32' : 'U8';
  return { name, dtype, shape: [data.length], data };
}
