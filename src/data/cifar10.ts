/**
 * CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html): 50,000 + 10,000 colour images 32 × 32 in the official
 * split, from the official binary or Python version, unpacked or still in its .tar.gz.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type CifarRecords, parseCifarBinary, parseCifarPython } from '../formats/cifar.js';
import { damaged, readWhole } from '../formats/files.js';
import { readTarMembers } from '../formats/tar.js';
import type { DatasetDefinition } from './definition.js';
import { imageFacts, imageOptions, imageSplit, type LabelledImages } from './images.js';
import { sourceById } from './manifest.js';
import { findSource, locateSource } from './sources.js';
import type { DatasetContext } from './types.js';

const SHAPE = [32, 32, 3] as const;
const native = { numClasses: 10, imageShape: SHAPE, trainSize: 50_000, testSize: 10_000 };
const options = z.strictObject(imageOptions);

/** The two versions; the first is preferred, and fetched where neither is here. */
const versions = [
  { source: 'cifar10-binary', folder: 'cifar-10-batches-bin', ending: '.bin', parse: parseCifarBinary },
  { source: 'cifar10-python', folder: 'cifar-10-batches-py', ending: '', parse: parseCifarPython },
] as const;
type Version = (typeof versions)[number];

const trainFiles = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`);
const testFiles = ['test_batch'];

export const cifar10: DatasetDefinition<typeof options> = {
  name: 'cifar10',
  description: '60,000 colour images 32 × 32 of 10 classes; the official 50,000 to train, 10,000 to test',
  options,
  sources: [versions[0].source],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const { batches, checksums, path } = await readBatches(context);
    const train = concatenate(trainFiles.map((name) => batches.get(name)!));
    const test = concatenate(testFiles.map((name) => batches.get(name)!));
    warnOfSubset(path, train.labels.length, test.labels.length);
    return {
      name: 'cifar10',
      train: imageSplit(train, SHAPE, chosen),
      test: imageSplit(test, SHAPE, chosen),
      numClasses: native.numClasses,
      imageShape: imageFacts(native, chosen).imageShape,
      checksums,
    };
  },
};

interface Batches {
  readonly batches: ReadonlyMap<string, CifarRecords>;
  readonly checksums: Record<string, string>;
  /** Where they were found. */
  readonly path: string;
}

/** An unpacked folder first, then an archive, then the network. */
async function readBatches(context: DatasetContext): Promise<Batches> {
  const roots = context.dataDir === undefined ? [] : [context.dataDir, join(context.dataDir, 'cifar10')];
  roots.push(join(context.cacheDir, 'data'));
  for (const root of roots) {
    for (const version of versions) {
      // The user may name the folder of the batches itself, too.
      for (const folder of [join(root, version.folder), root]) {
        if (existsSync(join(folder, `test_batch${version.ending}`))) return readFolder(folder, version);
      }
    }
  }
  const here = versions.find(({ source }) => findSource(sourceById(source), context, 'cifar10'));
  const version = here ?? versions[0];
  const [file] = await locateSource(version.source, context, { alias: 'cifar10' });
  return readArchive(file!, version);
}

async function readFolder(folder: string, { ending, parse }: Version): Promise<Batches> {
  const batches = new Map<string, CifarRecords>();
  const checksums: Record<string, string> = {};
  for (const name of [...trainFiles, ...testFiles]) {
    const path = join(folder, name + ending);
    const bytes = await readWhole(path);
    checksums[name + ending] = createHash('sha256').update(bytes).digest('hex');
    batches.set(name, parse(bytes, path));
  }
  return { batches, checksums, path: folder };
}

async function readArchive(
  { name: archive, path, sha256 }: { name: string; path: string; sha256: string },
  { folder, ending, parse }: Version,
): Promise<Batches> {
  const memberOf = (name: string) => `${folder}/${name}${ending}`;
  const wanted = new Set([...trainFiles, ...testFiles].map(memberOf));
  const members = await readTarMembers(path, (name) => wanted.has(name.replace(/^\.\//, '')));
  const batches = new Map<string, CifarRecords>();
  for (const name of [...trainFiles, ...testFiles]) {
    const bytes = members.get(memberOf(name)) ?? members.get(`./${memberOf(name)}`);
    if (!bytes) throw damaged(path, `has no ${memberOf(name)}`);
    batches.set(name, parse(bytes, `${path}, ${memberOf(name)}`));
  }
  return { batches, checksums: { [archive]: sha256 }, path };
}

function concatenate(parts: readonly CifarRecords[]): LabelledImages {
  return {
    pixels: Buffer.concat(parts.map(({ pixels }) => pixels)),
    labels: Buffer.concat(parts.map(({ labels }) => labels)),
  };
}

function warnOfSubset(path: string, train: number, test: number): void {
  if (train === native.trainSize && test === native.testSize) return;
  process.stderr.write(
    `warning: ${path} holds ${train} + ${test} images; the official CIFAR-10 has ` +
      `${native.trainSize} + ${native.testSize}, so results do not compare with published ones\n`,
  );
}
