import { describe, expect, it } from 'vitest';
import { restartEvent, scalarsEvent, tfRecord, versionEvent } from './tensorboard.js';
import expected from './testdata/tensorboard.json' with { type: 'json' };

/** Records by TensorBoard's own writer: scripts/oracles/tensorboard_events.py. */
describe('event files', () => {
  const { wallTime, step, restartStep, records } = expected;
  const scalars = Object.fromEntries(
    Object.entries(expected.scalars).map(([tag, text]) => [tag, text === 'inf' ? Infinity : Number(text)]),
  );

  it('are byte for byte what TensorBoard writes', () => {
    expect(versionEvent(wallTime).toString('hex')).toBe(records.version);
    expect(restartEvent(wallTime, restartStep).toString('hex')).toBe(records.restart);
    expect(scalarsEvent(wallTime, step, scalars).toString('hex')).toBe(records.scalars);
  });

  it('leave out a step of 0, as protobuf does', () => {
    const withStep = scalarsEvent(wallTime, 1, {});
    expect(scalarsEvent(wallTime, 0, {})).toHaveLength(withStep.length - 2);
  });

  it('hold the check value of CRC-32C', () => {
    // 0xe3069283 for "123456789", masked as TFRecords are
    const crc = 0xe3069283;
    const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    expect(tfRecord(Buffer.from('123456789')).readUInt32LE(12 + 9)).toBe(masked);
  });
});
