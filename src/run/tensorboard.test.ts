import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { restartEvent, scalarsEvent, versionEvent } from '../formats/tensorboard.js';
import { removeEventFiles, TensorBoardLog } from './tensorboard.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-tensorboard-'));
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());
const NOW_S = 1_700_000_000;

const files = (dir: string) => readdirSync(dir).sort();

describe('TensorBoardLog', () => {
  it('writes a record a step and one an evaluated metric', () => {
    const log = TensorBoardLog.open(root, 1);
    log.metrics({
      ...{ step: 1, epoch: 1, loss: Number.NaN, gg: 0.5, train_ms: 12, peak_tensor_bytes: undefined },
      ...{ probe_status: 'ok', accuracy: 0.25 },
    });
    log.evaluation({ step: 1, epoch: 1, split: 'test', metric: 'accuracy', value: 1, count: 9, eval_ms: 3 });
    log.close();
    expect(readFileSync(join(root, files(root)[0]!))).toEqual(
      Buffer.concat([
        versionEvent(NOW_S),
        scalarsEvent(NOW_S, 1, {
          ...{ 'train/loss': Number.NaN, 'probe/gg': 0.5, 'cost/train_ms': 12, 'train/accuracy': 0.25 },
        }),
        scalarsEvent(NOW_S, 1, { 'test/accuracy': 1 }),
      ]),
    );
  });

  it('makes later steps void in a file that is read after the others, also when the clock was set back', () => {
    vi.setSystemTime(1_600_000_000_000);
    TensorBoardLog.open(root, 41).close();
    const [first, second] = files(root);
    expect(files(root)).toHaveLength(2);
    expect(first).toContain('.1700000000.');
    expect(readFileSync(join(root, second!))).toEqual(
      Buffer.concat([versionEvent(1.6e9), restartEvent(1.6e9, 41)]),
    );
  });

  it('goes with a run that is begun anew', () => {
    writeFileSync(join(root, 'metrics.csv'), '');
    removeEventFiles(root);
    expect(files(root)).toEqual(['metrics.csv']);
  });
});
