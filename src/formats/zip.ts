/** Reading from zip archives (Python wheels, PyTorch checkpoints); nothing is unpacked to names from the archive. */
import { buffer } from 'node:stream/consumers';
import type { ZipFile } from 'yauzl';
import { MissingError } from '../errors.js';
import { damaged, unpackedLimit } from './files.js';

const STORED = 0;
const DEFLATED = 8;

/** Byte ranges of the members that are stored without compression, by name. */
export async function storedZipRanges(
  path: string,
): Promise<ReadonlyMap<string, { start: number; length: number }>> {
  return withZip(path, async (zip) => {
    const ranges = new Map<string, { start: number; length: number }>();
    for await (const entry of zip.eachEntry()) {
      if (entry.compressionMethod !== STORED) continue;
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      ranges.set(entry.fileName, { start: fileDataStart, length: entry.uncompressedSize });
    }
    return ranges;
  });
}

export interface ZipEntry {
  readonly name: string;
  /** Byte where its local header begins. */
  readonly start: number;
  /** Bytes in the archive. */
  readonly length: number;
  readonly isDeflated: boolean;
  readonly crc32: number;
}

/** The files of an archive, in its order. @throws MissingError where one is encrypted or compressed in another way */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  return withZip(path, async (zip) => {
    const entries: ZipEntry[] = [];
    for await (const entry of zip.eachEntry()) {
      const { fileName: name, compressionMethod, compressedSize: length, crc32 } = entry;
      if (name.endsWith('/')) continue;
      if (entry.isEncrypted() || (compressionMethod !== STORED && compressionMethod !== DEFLATED)) {
        throw damaged(
          path,
          `has the member ${name} encrypted or compressed with method ${compressionMethod}`,
        );
      }
      const isDeflated = compressionMethod === DEFLATED;
      entries.push({ name, start: entry.relativeOffsetOfLocalHeader, length, isDeflated, crc32 });
    }
    return entries;
  });
}

/** The content of one member. @throws MissingError where the archive is damaged or lacks it. */
export async function readZipMember(path: string, member: string): Promise<Buffer> {
  return withZip(path, async (zip) => {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== member) continue;
      if (entry.uncompressedSize > unpackedLimit(entry.compressedSize)) {
        throw damaged(path, `${member} would unpack to ${entry.uncompressedSize} bytes`);
      }
      return buffer(await zip.openReadStreamPromise(entry));
    }
    throw damaged(path, `has no member ${member}`);
  });
}

/** yauzl itself refuses absolute names and names that climb out with '..'. */
async function withZip<T>(path: string, use: (zip: ZipFile) => Promise<T>): Promise<T> {
  const { default: yauzl } = await import('yauzl'); // late: configs are checked without
  let zip: ZipFile | undefined;
  try {
    zip = await yauzl.openPromise(path, { autoClose: false, lazyEntries: true });
    return await use(zip);
  } catch (error) {
    if (error instanceof MissingError) throw error;
    throw damaged(path, `cannot be read as a zip archive: ${(error as Error).message}`);
  } finally {
    zip?.close();
  }
}
