/**
 * CIFAR-10 and CIFAR-100 (https://www.cs.toronto.edu/~kriz/cifar.html): 50,000 + 10,000 colour images 32 × 32 in the
 * official split, from the official binary or Python version, unpacked or still in its .tar.gz.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type CifarFormat, type CifarRecords, parseCifarBinary, parseCifarPython } from '../formats/cifar.js';
import { damaged, readWhole } from '../formats/files.js';
import { isFile } from '../formats/paths.js';
import { readTarMembers } from '../formats/tar.js';
import type { DatasetDefinition } from './definition.js';
import { imageFacts, imageOptions, imagesInMemory, type LabelledImages } from './images.js';
import { sourceById } from './manifest.js';
import { findSource, locateSource } from './sources.js';
import { warnOfSubset } from './subset.js';
import type { DatasetContext } from './types.js';

const options = z.strictObject(imageOptions);

/** One of the two forms that a set comes in. */
interface Version {
  readonly source: string;
  /** Folder of the files, in the archive too. */
  readonly folder: string;
  /** What the files' names end in. */
  readonly ending: string;
  readonly parse: (bytes: Uint8Array, path: string, format: CifarFormat) => CifarRecords;
}

interface CifarSet {
  readonly name: string;
  /** As people write it. */
  readonly title: string;
  readonly description: string;
  readonly format: CifarFormat;
  readonly trainFiles: readonly string[];
  readonly testFile: string;
  readonly binary: Pick<Version, 'source' | 'folder'>;
  readonly python: Pick<Version, 'source' | 'folder'>;
}

export function cifarImages(set: CifarSet): DatasetDefinition<typeof options> {
  const native = {
    numClasses: set.format.classes,
    imageShape: [32, 32, 3],
    trainSize: 50_000,
    testSize: 10_000,
  } as const;
  return {
    name: set.name,
    description: set.description,
    options,
    sources: [set.binary.source],
    facts: (chosen) => imageFacts(native, chosen),
    async create(chosen, context) {
      const { records, checksums, path } = await readRecords(set, context);
      const images = {
        train: concatenate(set.trainFiles.map((name) => records.get(name)!)),
        test: concatenate([records.get(set.testFile)!]),
      };
      warnOfSubset(set.title, path, native, [images.train.labels.length, images.test.labels.length]);
      return imagesInMemory(set.name, native, images, chosen, checksums);
    },
  };
}

interface Records {
  /** By name of the file, without its ending. */
  readonly records: ReadonlyMap<string, CifarRecords>;
  readonly checksums: Record<string, string>;
  /** Where they were found. */
  readonly path: string;
}

/** An unpacked folder first, then an archive, then the network; the binary version first. */
async function readRecords(set: CifarSet, context: DatasetContext): Promise<Records> {
  const versions: [Version, Version] = [
    { ...set.binary, ending: '.bin', parse: parseCifarBinary },
    { ...set.python, ending: '', parse: parseCifarPython },
  ];
  const roots = context.dataDir === undefined ? [] : [context.dataDir, join(context.dataDir, set.name)];
  roots.push(join(context.cacheDir, 'data'));
  for (const root of roots) {
    for (const version of versions) {
      if (isFile(join(root, version.folder, set.testFile + version.ending))) {
        return readFolder(join(root, version.folder), set, version);
      }
    }
  }
  // The user may name the folder of the files itself, too.
  const own = versions.find(({ ending }) => roots[0] && isFile(join(roots[0], set.testFile + ending)));
  if (own && context.dataDir !== undefined) return readFolder(context.dataDir, set, own);
  const here = versions.find(({ source }) => findSource(sourceById(source), context, set.name));
  const version = here ?? versions[0];
  const [file] = await locateSource(version.source, context, { alias: set.name });
  return readArchive(file!, set, version);
}

async function readFolder(folder: string, set: CifarSet, { ending, parse }: Version): Promise<Records> {
  const records = new Map<string, CifarRecords>();
  const checksums: Record<string, string> = {};
  for (const name of [...set.trainFiles, set.testFile]) {
    const path = join(folder, name + ending);
    const bytes = await readWhole(path);
    checksums[name + ending] = createHash('sha256').update(bytes).digest('hex');
    records.set(name, parse(bytes, path, set.format));
  }
  return { records, checksums, path: folder };
}

async function readArchive(
  { name: archive, path, sha256 }: { name: string; path: string; sha256: string },
  set: CifarSet,
  { folder, ending, parse }: Version,
): Promise<Records> {
  const files = [...set.trainFiles, set.testFile];
  const memberOf = (name: string) => `${folder}/${name}${ending}`;
  const wanted = new Set(files.map(memberOf));
  const members = await readTarMembers(path, (name) => wanted.has(name.replace(/^\.\//, '')));
  const records = new Map<string, CifarRecords>();
  for (const name of files) {
    const bytes = members.get(memberOf(name)) ?? members.get(`./${memberOf(name)}`);
    if (!bytes) throw damaged(path, `has no ${memberOf(name)}`);
    records.set(name, parse(bytes, `${path}, ${memberOf(name)}`, set.format));
  }
  return { records, checksums: { [archive]: sha256 }, path };
}

function concatenate(parts: readonly CifarRecords[]): LabelledImages {
  return {
    pixels: Buffer.concat(parts.map(({ pixels }) => pixels)),
    labels: Buffer.concat(parts.map(({ labels }) => labels)),
  };
}
