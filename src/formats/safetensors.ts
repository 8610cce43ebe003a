/**
 * Reader of safetensors files (https://github.com/huggingface/safetensors, "Format"): 8 bytes little-endian
 * header length, a JSON header with dtype, shape and byte range of every tensor, then the bytes.
 */
import { z } from 'zod';
import { type DType, decode, dtypeBytes, elementCount, type TensorEntry } from './dtype.js';
import { damaged, readRange, withFile } from './files.js';

/** The reference implementation's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

const length = z.int().nonnegative();
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(z.object({ dtype: z.string(), shape: z.array(length), data_offsets: z.tuple([length, length]) }));

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads the header; every tensor is read by its own `read()`, from the byte range that the header gives. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const { header, dataStart, fileBytes } = await readHeader(path);
  const tensors = new Map<string, TensorEntry>();
  const { __metadata__: metadata = {}, ...entries } = header;
  const ranges: [number, number][] = [];
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [begin, end] = data_offsets;
    if (!isDType(dtype)) throw damaged(path, `tensor '${name}' has the unknown dtype '${dtype}'`);
    const expectedBytes = elementCount(shape) * dtypeBytes[dtype];
    if (end - begin !== expectedBytes) {
      throw damaged(
        path,
        `tensor '${name}' (${dtype} [${shape}]) spans ${end - begin} bytes, expected ${expectedBytes}`,
      );
    }
    ranges.push([begin, end]);
    const read = () =>
      withFile(path, async (file) =>
        decode(await readRange(file, path, dataStart + begin, expectedBytes), dtype),
      );
    tensors.set(name, { dtype, shape, read });
  }
  checkRanges(path, ranges, fileBytes - dataStart);
  return { tensors, metadata };
}

/** The tensors of a file by name, in the order of the header. */
export async function readSafetensors(path: string): Promise<ReadonlyMap<string, TensorEntry>> {
  return (await openSafetensors(path)).tensors;
}

async function readHeader(path: string) {
  return withFile(path, async (file) => {
    const { size: fileBytes } = await file.stat();
    if (fileBytes < 10) throw damaged(path, `has ${fileBytes} bytes, too few for a safetensors file`);
    const prefix = await readRange(file, path, 0, 8);
    const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
    if (headerBytes > MAX_HEADER_BYTES || headerBytes + 8 > fileBytes) {
      throw damaged(path, `announces a header of ${headerBytes} bytes in a file of ${fileBytes}`);
    }
    const text = new TextDecoder().decode(await readRange(file, path, 8, headerBytes));
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw damaged(path, 'its header is not JSON');
    }
    const parsed = headerSchema.safeParse(json);
    if (!parsed.success) throw damaged(path, `its header is wrong: ${z.prettifyError(parsed.error)}`);
    return { header: parsed.data, dataStart: 8 + headerBytes, fileBytes };
  });
}

/** Ranges must cover the data without gaps or overlaps, as the format demands. */
function checkRanges(path: string, ranges: [number, number][], dataBytes: number): void {
  let position = 0;
  for (const [begin, end] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== position) throw damaged(path, `its tensors leave a gap or overlap at byte ${begin}`);
    position = end;
  }
  if (position !== dataBytes) {
    throw damaged(path, `has ${dataBytes} bytes of tensors, its header announces ${position}`);
  }
}

function isDType(name: string): name is DType {
  return Object.hasOwn(dtypeBytes, name);
}
