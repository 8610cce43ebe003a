/** The record formats of CIFAR-10 and CIFAR-100 (https://www.cs.toronto.edu/~kriz/cifar.html): binary and Python version. */
import { damaged } from './files.js';
import { PickleError, type PickleValue, unpickle } from './pickle.js';
import { NumpyArray, numpyGlobals } from './pickle-numpy.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const PIXELS = 3 * PLANE;

/** What tells the two data sets apart. */
export interface CifarFormat {
  readonly classes: number;
  /** Label bytes of a binary record; the last one is the class. */
  readonly labelBytes: number;
  /** Key of the classes in the Python version. */
  readonly labelKey: string;
}

export const cifar10Format: CifarFormat = { classes: 10, labelBytes: 1, labelKey: 'labels' };
/** A coarse label (20 classes) comes before the fine one, which counts. */
export const cifar100Format: CifarFormat = { classes: 100, labelBytes: 2, labelKey: 'fine_labels' };

/** Images of one batch file. */
export interface CifarRecords {
  /** [N] */
  readonly labels: Uint8Array;
  /** [N, 32, 32, 3]: red, green, blue of each pixel together. */
  readonly pixels: Uint8Array;
}

/** `*.bin`: records of the labels, then the red, the green and the blue plane. */
export function parseCifarBinary(bytes: Uint8Array, path: string, format: CifarFormat): CifarRecords {
  const { labelBytes } = format;
  const recordBytes = labelBytes + PIXELS;
  const count = bytes.length / recordBytes;
  if (!Number.isInteger(count) || count === 0) {
    throw damaged(path, `has ${bytes.length} bytes, expected a multiple of ${recordBytes} (one image each)`);
  }
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * PIXELS);
  for (let i = 0; i < count; i++) {
    const start = i * recordBytes + labelBytes;
    labels[i] = bytes[start - 1]!;
    interleave(bytes, start, pixels, i * PIXELS);
  }
  return checked(labels, pixels, path, format);
}

/** A file of the Python version: a pickled dict with `data` [N, 3072] uint8 and a list of classes. */
export function parseCifarPython(bytes: Uint8Array, path: string, format: CifarFormat): CifarRecords {
  const batch = unpickleBatch(bytes, path);
  const data = batch.get('data');
  const labelList = batch.get(format.labelKey);
  if (!(data instanceof NumpyArray) || !(data.data instanceof Uint8Array) || data.shape[1] !== PIXELS) {
    throw damaged(path, `has no 'data' of shape [N, ${PIXELS}] and type uint8`);
  }
  const count = data.shape[0]!;
  if (!Array.isArray(labelList) || labelList.length !== count)
    throw damaged(path, `has no ${count} '${format.labelKey}'`);
  const labels = Uint8Array.from(labelList, (label) => (Number.isInteger(label) ? Number(label) : 255));
  const pixels = new Uint8Array(count * PIXELS);
  for (let i = 0; i < count; i++) interleave(data.data, i * PIXELS, pixels, i * PIXELS);
  return checked(labels, pixels, path, format);
}

function unpickleBatch(bytes: Uint8Array, path: string): Map<PickleValue, PickleValue> {
  try {
    const { value } = unpickle(bytes, { globals: (name) => numpyGlobals.get(name) });
    if (value instanceof Map) return value;
  } catch (error) {
    if (error instanceof PickleError) throw damaged(path, error.message);
    throw error;
  }
  throw damaged(path, 'does not hold a dict');
}

/** Three planes to pixels. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let i = 0; i < PLANE; i++) {
    pixels[to + 3 * i] = planes[from + i]!;
    pixels[to + 3 * i + 1] = planes[from + PLANE + i]!;
    pixels[to + 3 * i + 2] = planes[from + 2 * PLANE + i]!;
  }
}

function checked(
  labels: Uint8Array,
  pixels: Uint8Array,
  path: string,
  { classes }: CifarFormat,
): CifarRecords {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw damaged(path, `image ${wrong} has the label ${labels[wrong]}, expected 0 to ${classes - 1}`);
  return { labels, pixels };
}
