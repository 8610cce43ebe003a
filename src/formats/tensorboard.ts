/**
 * TensorBoard event files: TFRecords of `Event` messages with scalars.
 *
 * A TFRecord is a little-endian length of 8 bytes, the masked CRC-32C of it, the data, and the masked CRC-32C of that
 * (tensorflow/core/lib/io/record_writer.h). The messages are tensorboard/compat/proto/event.proto and summary.proto;
 * of these the few fields that scalars need, in the protobuf wire format.
 */

/** CRC-32C (Castagnoli), reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function maskedCrc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)) >>> 0;
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One record with its checksums. */
export function tfRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(16 + data.length);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}

/** Wire types of protobuf. */
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

/** @param value a whole number ≥ 0, also above 2³¹ */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

const key = (field: number, wireType: number) => varint(field * 8 + wireType);

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, FIXED64), bytes]);
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, FIXED32), bytes]);
}

function bytesField(field: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([key(field, LENGTH), varint(bytes.length), bytes]);
}

/** As protobuf does, 0 is left out. */
const varintField = (field: number, value: number) =>
  value === 0 ? Buffer.alloc(0) : Buffer.concat([key(field, VARINT), varint(value)]);

/** Numbers of the fields. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 };
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2 };
const SESSION_STATUS = 1;
const SESSION_START = 1;

function event(wallTimeS: number, step: number, what: Buffer): Buffer {
  return tfRecord(
    Buffer.concat([doubleField(EVENT.wallTime, wallTimeS), varintField(EVENT.step, step), what]),
  );
}

/** The first record of a file. */
export function versionEvent(wallTimeS: number): Buffer {
  return event(wallTimeS, 0, bytesField(EVENT.fileVersion, 'brain.Event:2'));
}

/** Makes void what earlier files say of `step` and later ones: a run goes on from a checkpoint before it. */
export function restartEvent(wallTimeS: number, step: number): Buffer {
  return event(wallTimeS, step, bytesField(EVENT.sessionLog, varintField(SESSION_STATUS, SESSION_START)));
}

/** Scalars of one step, in float32, by tag. */
export function scalarsEvent(
  wallTimeS: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Buffer {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytesField(
      SUMMARY_VALUE,
      Buffer.concat([bytesField(VALUE.tag, tag), floatField(VALUE.simpleValue, value)]),
    ),
  );
  return event(wallTimeS, step, bytesField(EVENT.summary, Buffer.concat(values)));
}
