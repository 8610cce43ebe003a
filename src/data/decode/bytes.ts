/** Reading the bytes of single images, from files of their own or out of archives, in a worker thread. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { MissingError } from '../../errors.js';
import { damaged, inflateLimit } from '../../formats/files.js';

/** Where the bytes of an image are. */
export interface ByteSource {
  /** The file itself, or the archive that it is in. */
  readonly path: string;
  readonly member?: ArchiveMember;
}

export interface ArchiveMember {
  readonly name: string;
  /** Byte where the content begins (tar) or where the member's local header does (zip). */
  readonly start: number;
  /** Bytes in the archive. */
  readonly length: number;
  /** Zip only. */
  readonly zip?: { readonly isDeflated: boolean; readonly crc32: number };
}

/** Names a source in messages. */
export function describeSource({ path, member }: ByteSource): string {
  return member ? `${path}, ${member.name}` : path;
}

const LOCAL_HEADER_BYTES = 30;

/** Reads sources; archives stay open until `close`. Synchronous: a worker thread has nothing else to do. */
export class ByteReader {
  readonly #open = new Map<string, number>();

  /** @throws MissingError that names the file */
  read(source: ByteSource): Uint8Array {
    const { path, member } = source;
    try {
      if (!member) return readFileSync(path);
      return member.zip
        ? this.#readZip(source, member, member.zip)
        : this.#readRange(source, member.start, member.length);
    } catch (error) {
      if (error instanceof MissingError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new MissingError(`${describeSource(source)}: ${code === 'ENOENT' ? 'no such file' : message}`);
    }
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #readZip(
    source: ByteSource,
    { start, length }: ArchiveMember,
    { isDeflated, crc32: expected }: NonNullable<ArchiveMember['zip']>,
  ): Uint8Array {
    // The local header repeats the name and may have other extra fields than the directory at the archive's end.
    const header = this.#readRange(source, start, LOCAL_HEADER_BYTES);
    const view = new DataView(header.buffer, header.byteOffset);
    const dataStart = start + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
    const stored = this.#readRange(source, dataStart, length);
    let bytes: Uint8Array = stored;
    try {
      if (isDeflated) bytes = inflateRawSync(stored, { maxOutputLength: inflateLimit(length) });
    } catch (error) {
      throw damaged(describeSource(source), `cannot be decompressed: ${(error as Error).message}`);
    }
    if (crc32(bytes) !== expected) throw damaged(describeSource(source), 'its CRC-32 is wrong');
    return bytes;
  }

  #readRange(source: ByteSource, start: number, length: number): Uint8Array {
    const { path } = source;
    let file = this.#open.get(path);
    if (file === undefined) {
      file = openSync(path, 'r');
      this.#open.set(path, file);
    }
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(file, bytes, done, length - done, start + done);
      if (count === 0)
        throw damaged(describeSource(source), `the archive ends ${length - done} bytes too early`);
      done += count;
    }
    return bytes;
  }
}
