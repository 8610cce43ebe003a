// Our side of the input benchmark: decodes, resizes and normalises all images of a folder once for every line on standard
// input, in batches of 50 as a training step takes them, and answers with {"ms": …}.
import { createInterface } from 'node:readline';

const [folder, cacheDir] = process.argv.slice(2);
const load = (path) => import(new URL(`../../dist/data/${path}`, import.meta.url).href);
const { folder: definition } = await load('folder.js');
const { readBatches } = await load('loader.js');
const { pixelsToFloats } = await load('pixels.js');

const { train } = await definition.create(
  { path: folder, image_size: 224, limit: null },
  { cacheDir, seed: 0 },
);

async function pass() {
  for await (const { batch } of readBatches(train, 50)) pixelsToFloats(batch.image.data);
}

await pass();
process.stdout.write('ready\n');
for await (const _ of createInterface({ input: process.stdin })) {
  const started = performance.now();
  await pass();
  process.stdout.write(`${JSON.stringify({ ms: performance.now() - started })}\n`);
}
