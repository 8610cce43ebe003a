import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file that scripts/oracles/images.py wrote. */
export function imageTestdata(name: string): string {
  return fileURLToPath(new URL(`../data/testdata/${name}`, import.meta.url));
}

interface ExpectedArray {
  shape: number[];
  values: number[];
}

interface ExpectedImage {
  shape: [number, number, number];
  values: number[];
}

export const expectedImages = JSON.parse(readFileSync(imageTestdata('images.json'), 'utf8')) as {
  resize: { input: ExpectedImage; outputs: ExpectedImage[] };
  decode: Record<string, { side: number; values: number[] }>;
  arrays: Record<string, ExpectedArray>;
};
