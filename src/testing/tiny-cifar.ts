import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a tiny data set in CIFAR-10's official binary layout: `perFile` images in each of the five training files and
 * in the test file, each class a colour of its own with a deterministic pattern, so that a network can learn it.
 */
export function writeTinyCifar(dataDir: string, perFile: number): void {
  const folder = join(dataDir, 'cifar-10-batches-bin');
  mkdirSync(folder, { recursive: true });
  const files = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin');
  files.forEach((name, f) => {
    const bytes = new Uint8Array(perFile * 3073);
    for (let i = 0; i < perFile; i++) {
      const label = (i * 7 + f) % 10;
      bytes[i * 3073] = label;
      for (let p = 0; p < 3072; p++) {
        const channel = Math.floor(p / 1024);
        bytes[i * 3073 + 1 + p] = (25 * label + 80 * channel + ((p * (i + 3 * f + 1)) % 61)) % 256;
      }
    }
    writeFileSync(join(folder, name), bytes);
  });
}
