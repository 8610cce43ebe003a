import { createRequire } from 'node:module';

/** An op that a session's executor ran (TensorFlow's step_stats.proto). Times in µs, the start since 1970. */
export interface NodeTime {
  readonly name: string;
  /** e.g. `n12 = Conv2D(n3, n4)` */
  readonly label: string;
  readonly startUs: number;
  readonly durationUs: number;
}

/** The fields read of google-protobuf's reader, which tfjs-node brings for its own messages. */
interface BinaryReader {
  nextField(): boolean;
  getFieldNumber(): number;
  readBytes(): Uint8Array;
  readString(): string;
  readInt64(): number;
  skipField(): void;
}

let Reader: (new (bytes: Uint8Array) => BinaryReader) | undefined;

/** The ops of a serialised RunMetadata (config.proto), in the order of their starts. */
export function parseRunMetadata(bytes: Uint8Array): NodeTime[] {
  const STEP_STATS = 1;
  const DEVICES = 1;
  const NODES = 2;
  return embedded(bytes, STEP_STATS)
    .flatMap((stepStats) => embedded(stepStats, DEVICES))
    .flatMap((device) => embedded(device, NODES))
    .map(parseNode)
    .sort((a, b) => a.startUs - b.startUs);
}

/** NodeExecStats; starts and ends are since its own `all_start_micros`. */
function parseNode(bytes: Uint8Array): NodeTime {
  const node = { name: '', label: '', base: 0, start: 0, end: 0 };
  const reader = read(bytes);
  while (reader.nextField()) {
    switch (reader.getFieldNumber()) {
      case 1:
        node.name = reader.readString();
        break;
      case 8:
        node.label = reader.readString();
        break;
      case 13:
        node.base = reader.readInt64() / 1e3;
        break;
      case 14:
        node.start = reader.readInt64() / 1e3;
        break;
      case 15:
        node.end = reader.readInt64() / 1e3;
        break;
      default:
        reader.skipField();
    }
  }
  const { name, label, base, start, end } = node;
  return { name, label, startUs: base + start, durationUs: end - start };
}

/** The messages in a repeated field. */
function embedded(bytes: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = read(bytes);
  while (reader.nextField()) {
    if (reader.getFieldNumber() === field) found.push(reader.readBytes());
    else reader.skipField();
  }
  return found;
}

function read(bytes: Uint8Array): BinaryReader {
  if (!Reader) {
    const require = createRequire(import.meta.url);
    const messages = require.resolve('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js');
    Reader = createRequire(messages)('google-protobuf').BinaryReader as typeof Reader;
  }
  return new Reader!(bytes);
}
