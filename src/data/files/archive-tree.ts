import { statSync } from 'node:fs';
import { MissingError } from '../../errors.js';
import { safeName } from '../../formats/paths.js';
import { tarEntries } from '../../formats/tar-index.js';
import { type ZipEntry, zipEntries } from '../../formats/zip.js';
import { ByteReader, type ByteSource } from '../decode/bytes.js';
import { cachedArrays } from './index-cache.js';
import { PackedNames } from './names.js';
import { type ClassFiles, type FileTree, isImageName } from './tree.js';

type Entry = Pick<ZipEntry, 'name' | 'start' | 'length'> & Partial<ZipEntry>;

/** Where the members of an archive are, sorted by name. */
interface ArchiveIndex {
  readonly names: PackedNames;
  readonly starts: Float64Array;
  readonly lengths: Float64Array;
  /** Zip only: 1 where compressed; empty for tar. */
  readonly deflated: Uint8Array;
  /** Zip only, as signed numbers. */
  readonly crcs: Int32Array;
}

/** A zip or uncompressed tar archive that is read in place. Its list of members is kept in the cache. */
export class ArchiveTree implements FileTree {
  private constructor(
    readonly path: string,
    private readonly index: ArchiveIndex,
  ) {}

  /** @throws MissingError where the archive is damaged or has unsafe names */
  static async open(path: string, cacheDir: string): Promise<ArchiveTree> {
    const { size, mtimeMs } = statSync(path);
    const { nameBytes, nameEnds, ...rest } = await cachedArrays(cacheDir, path, `${size} ${mtimeMs}`, () =>
      makeIndex(path),
    );
    return new ArchiveTree(path, { names: new PackedNames(nameBytes, nameEnds), ...rest });
  }

  async read(name: string): Promise<Buffer> {
    const reader = new ByteReader();
    try {
      return Buffer.from(reader.read(this.locate(name)));
    } finally {
      reader.close();
    }
  }

  locate(name: string): ByteSource {
    const { names, starts, lengths, deflated, crcs } = this.index;
    const i = names.lowerBound(name);
    if (i === names.length || names.at(i) !== name)
      throw new MissingError(`${this.path}: has no member ${name}`);
    const zip = deflated.length > 0 && { isDeflated: deflated[i] === 1, crc32: crcs[i]! >>> 0 };
    return { path: this.path, member: { name, start: starts[i]!, length: lengths[i]!, ...(zip && { zip }) } };
  }

  async classes(folder: string): Promise<ClassFiles> {
    const prefix = `${folder}/`;
    const all = this.index.names;
    const byClass = new Map<string, string[]>();
    for (let i = all.lowerBound(prefix); i < all.length; i++) {
      const name = all.at(i);
      if (!name.startsWith(prefix)) break;
      const [className, file, ...deeper] = name.slice(prefix.length).split('/');
      if (file === undefined || deeper.length > 0 || !isImageName(file)) continue;
      const files = byClass.get(className!) ?? [];
      byClass.set(className!, files);
      files.push(name);
    }
    if (byClass.size === 0) throw new MissingError(`${this.path}: has no images in folders in ${folder}`);
    const classes = [...byClass.keys()].sort();
    const files = classes.map((name) => byClass.get(name)!);
    const labels = Int32Array.from(files.flatMap((list, label) => list.map(() => label)));
    return { classes, names: PackedNames.from(files.flat()), labels };
  }
}

async function makeIndex(path: string) {
  process.stderr.write(`listing ${path}\n`);
  const isZip = /\.zip$/i.test(path);
  const entries: Entry[] = isZip ? await zipEntries(path) : [...tarEntries(path)];
  const named = entries.map((entry) => ({ ...entry, name: safeName(entry.name, path) }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const { bytes, ends } = PackedNames.from(named.map(({ name }) => name));
  return {
    nameBytes: bytes,
    nameEnds: ends,
    starts: Float64Array.from(named, ({ start }) => start),
    lengths: Float64Array.from(named, ({ length }) => length),
    deflated: Uint8Array.from(isZip ? named : [], ({ isDeflated }) => Number(isDeflated)),
    crcs: Int32Array.from(isZip ? named : [], ({ crc32 }) => crc32! | 0),
  };
}
