import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MissingError } from '../errors.js';
import { finalLoss, type RunSummary, readSummary, writeSummary } from './summary.js';

const dir = mkdtempSync(join(tmpdir(), 'gen-bench-summary-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('finalLoss', () => {
  it('averages the last epoch, or the last tenth without epochs', () => {
    const losses = Float64Array.from({ length: 25 }, (_, i) => i + 1);
    expect(finalLoss(losses, 4)).toBe((22 + 23 + 24 + 25) / 4);
    expect(finalLoss(losses)).toBe((23 + 24 + 25) / 3); // ceil(2.5) steps
    expect(finalLoss(losses, 100)).toBe(13); // less than an epoch: all there is
    expect(finalLoss([])).toBeNaN();
    expect(finalLoss([1, Number.NaN], 2)).toBeNaN();
  });
});

describe('summary.json', () => {
  it('reads back what was written, NaN included', () => {
    const summary: RunSummary = {
      name: 'x',
      status: 'diverged',
      steps: 17,
      epochs: 0.5,
      final: { accuracy: 0.1 },
      best: { accuracy: { value: 0.2, step: 8 } },
      finalLoss: Number.NaN,
      forwardPasses: 21,
      backwardPasses: 17,
      time: { trainMs: 1, probeMs: 2, dataMs: 3, evalMs: 4, wallMs: 11 },
      effectiveLr: { first: 0.1, last: Number.NaN, min: 0.1, max: 0.1 },
      probes: { total: 2, accepted: 1, byStatus: { ok: 1, 'not-convex': 1 } },
      stopReason: 'loss is NaN at step 17',
      optimizer: 'sgd',
      scheduler: 'gen',
    };
    const path = join(dir, 'summary.json');
    writeSummary(path, summary);
    expect(readSummary(path)).toEqual(summary);
  });

  it('names the file and the key of something else', () => {
    const path = join(dir, 'other.json');
    writeFileSync(path, '{"name": "x"}');
    expect(() => readSummary(path)).toThrow(MissingError);
    expect(() => readSummary(path)).toThrow(/other\.json[\s\S]*status/);
  });
});
